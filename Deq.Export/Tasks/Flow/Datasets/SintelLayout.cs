using System.Globalization;

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

    /// <summary>Frames by their numbers, whether or not these are padded with zeros: a missing frame leaves a gap.</summary>
    private static SortedDictionary<int, string> Numbered(string folder)
    {
        var numbered = new SortedDictionary<int, string>();
        foreach (string path in FlowLayouts.Files(folder, "frame_*.png"))
        {
            if (int.TryParse(Path.GetFileNameWithoutExtension(path)["frame_".Length..], NumberStyles.None, CultureInfo.InvariantCulture, out int number))
            {
                numbered[number] = path;
            }
        }

        return numbered;
    }

    private static IEnumerable<FlowPairFiles> Pairs(string scene, string frames, string truths, string occlusions, string invalid)
    {
        SortedDictionary<int, string> images = Numbered(frames);
        foreach ((int number, string image) in images)
        {
            string name = Path.GetFileNameWithoutExtension(image);
            if (images.TryGetValue(number + 1, out string? next) && FlowLayouts.Existing(truths, $"{name}.flo") is { } truth)
            {
                yield return new FlowPairFiles
                {
                    Name = $"{scene}/{name}",
                    First = image,
                    Second = next,
                    Truth = truth,
                    Occluded = FlowLayouts.Existing(occlusions, $"{name}.png"),
                    Invalid = FlowLayouts.Existing(invalid, $"{name}.png"),
                };
            }
        }
    }
}
