namespace Deq.Export.Tasks.Flow.Datasets;

/// <summary>Middlebury: a folder per sequence with <c>frame10.png</c>, <c>frame11.png</c>, <c>flow10.flo</c>; or the official two trees.</summary>
/// <remarks>Officially frames are in <c>other-data</c> and the truth is in <c>other-gt-flow</c>.</remarks>
internal sealed class MiddleburyLayout : IFlowLayout
{
    /// <inheritdoc/>
    public string Name => "middlebury";

    /// <inheritdoc/>
    public string Contents => "a folder per sequence with frame10.png, frame11.png and flow10.flo, or other-data and other-gt-flow with such folders";

    /// <inheritdoc/>
    public IReadOnlyList<FlowPairFiles> Find(string directory)
    {
        string official = Path.Combine(directory, "other-gt-flow");
        bool isOfficial = Directory.Exists(official);
        return
        [
            .. FlowLayouts.Folders(isOfficial ? official : directory)
                .Select(folder => Pair(folder, isOfficial ? Path.Combine(directory, "other-data", Path.GetFileName(folder)) : folder))
                .OfType<FlowPairFiles>(),
        ];
    }

    private static FlowPairFiles? Pair(string truths, string frames) =>
        FlowLayouts.Existing(truths, "flow10.flo") is { } truth
        && FlowLayouts.Existing(frames, "frame10.png") is { } first
        && FlowLayouts.Existing(frames, "frame11.png") is { } second
            ? new FlowPairFiles { Name = Path.GetFileName(truths), First = first, Second = second, Truth = truth }
            : null;
}
