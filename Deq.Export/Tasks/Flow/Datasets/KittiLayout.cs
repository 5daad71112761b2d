namespace Deq.Export.Tasks.Flow.Datasets;

/// <summary>KITTI 2012 and 2015: <c>image_2</c> (or <c>colored_0</c>) with <c>000000_10.png</c> and <c>_11.png</c>, truth in <c>flow_occ</c>.</summary>
/// <remarks>
/// <c>flow_noc</c>, where there is one, knows visible pixels alone. The whole may lie below <c>training</c>, or flat, truth as
/// <c>flow_gt_000000_10.png</c>.
/// </remarks>
internal sealed class KittiLayout : IFlowLayout
{
    private const string FlatTruth = "flow_gt_";
    private static readonly string[] FrameFolders = ["image_2", "colored_0"];

    /// <inheritdoc/>
    public string Name => "kitti";

    /// <inheritdoc/>
    public string Contents => "image_2 (or colored_0) and flow_occ, also below training; or 000000_10.png, 000000_11.png and flow_gt_000000_10.png";

    /// <inheritdoc/>
    public IReadOnlyList<FlowPairFiles> Find(string directory) =>
    [
        .. FlowLayouts.Files(directory, $"{FlatTruth}*_10.png")
            .Select(truth => Pair(truth, Path.GetFileName(truth)[FlatTruth.Length..^"_10.png".Length], directory, null)).OfType<FlowPairFiles>(),
        .. new[] { directory, Path.Combine(directory, "training") }.SelectMany(Official),
    ];

    private static IEnumerable<FlowPairFiles> Official(string root) =>
        from truth in FlowLayouts.Files(Path.Combine(root, "flow_occ"), "*_10.png")
        from frames in FrameFolders
        let pair = Pair(
            truth,
            Path.GetFileName(truth)[..^"_10.png".Length],
            Path.Combine(root, frames),
            FlowLayouts.Existing(root, "flow_noc", Path.GetFileName(truth)))
        where pair is not null
        select pair;

    private static FlowPairFiles? Pair(string truth, string number, string frames, string? visible) =>
        FlowLayouts.Existing(frames, $"{number}_10.png") is { } first && FlowLayouts.Existing(frames, $"{number}_11.png") is { } second
            ? new FlowPairFiles { Name = number, First = first, Second = second, Truth = truth, VisibleTruth = visible }
            : null;
}
