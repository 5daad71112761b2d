namespace Deq.Export.Tasks.Flow.Datasets;

/// <summary>MPI Sintel: <c>clean</c> and <c>final</c> with a folder of frames per scene, truth in <c>flow</c>, masks in <c>occlusions</c>.</summary>
/// <remarks>
/// Masks of what is not to be trusted are in <c>invalid</c>. The whole may lie below <c>training</c>; or there is a folder per scene with
/// its frames and, below <c>gt</c>, the truth and masks.
/// </remarks>
internal sealed class SintelLayout : IFlowLayout
{
    private static readonly string[] Passes = ["clean", "final"];

    /// <inheritdoc/>
    public string Name => "sintel";

    /// <inheritdoc/>
    public string Contents => "clean and final with frames per scene beside flow, occlusions and invalid, also below training; or scenes with gt inside";

    /// <inheritdoc/>
    public IReadOnlyList<FlowPairFiles> Find(string directory) =>
    [
        .. new[] { directory, Path.Combine(directory, "training") }.SelectMany(Official),
        .. FlowLayouts.Folders(directory).SelectMany(scene =>
            Pairs(Path.GetFileName(scene), scene, Path.Combine(scene, "gt"), Path.Combine(scene, "gt", "occlusions"), Path.Combine(scene, "gt", "invalid"))),
    ];

    private static IEnumerable<FlowPairFiles> Official(string root) =>
        from pass in Passes
        from frames in FlowLayouts.Folders(Path.Combine(root, pass))
        let scene = Path.GetFileName(frames)
        from pair in Pairs(
            $"{pass}/{scene}",
            frames,
            Path.Combine(root, "flow", scene),
            Path.Combine(root, "occlusions", scene),
            Path.Combine(root, "invalid", scene))
        select pair;

    private static IEnumerable<FlowPairFiles> Pairs(string scene, string frames, string truths, string occlusions, string invalid)
    {
        string[] images = [.. FlowLayouts.Files(frames, "frame_*.png")];
        for (int i = 0; i + 1 < images.Length; i++)
        {
            string name = Path.GetFileNameWithoutExtension(images[i]);
            if (FlowLayouts.Existing(truths, $"{name}.flo") is { } truth)
            {
                yield return new FlowPairFiles
                {
                    Name = $"{scene}/{name}",
                    First = images[i],
                    Second = images[i + 1],
                    Truth = truth,
                    Occluded = FlowLayouts.Existing(occlusions, $"{name}.png"),
                    Invalid = FlowLayouts.Existing(invalid, $"{name}.png"),
                };
            }
        }
    }
}
