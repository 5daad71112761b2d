namespace Deq.Export.Tasks.Flow.Datasets;

/// <summary>FlyingChairs: one folder of triples <c>00001_img1.ppm</c>, <c>00001_img2.ppm</c>, <c>00001_flow.flo</c>, or <c>data</c> with them.</summary>
/// <remarks>Also as its authors' examples are named: <c>0000000-img0.ppm</c>, <c>0000000-img1.ppm</c>, <c>0000000-gt.flo</c>.</remarks>
internal sealed class FlyingChairsLayout : IFlowLayout
{
    private static readonly (string First, string Second, string Truth)[] Endings =
        [("_img1.ppm", "_img2.ppm", "_flow.flo"), ("-img0.ppm", "-img1.ppm", "-gt.flo")];

    /// <inheritdoc/>
    public string Name => "flying-chairs";

    /// <inheritdoc/>
    public string Contents => "triples 00001_img1.ppm, 00001_img2.ppm, 00001_flow.flo (or 0000000-img0.ppm, -img1.ppm, -gt.flo), or data with them";

    /// <inheritdoc/>
    public IReadOnlyList<FlowPairFiles> Find(string directory) =>
    [
        .. new[] { directory, Path.Combine(directory, "data") }
            .SelectMany(folder => Endings.SelectMany(ending => FlowLayouts.Files(folder, $"*{ending.Truth}").Select(truth => Pair(truth, ending))))
            .OfType<FlowPairFiles>(),
    ];

    private static FlowPairFiles? Pair(string truth, (string First, string Second, string Truth) ending)
    {
        string start = truth[..^ending.Truth.Length];
        return FlowLayouts.Existing(start + ending.First) is { } first && FlowLayouts.Existing(start + ending.Second) is { } second
            ? new FlowPairFiles { Name = Path.GetFileName(start), First = first, Second = second, Truth = truth }
            : null;
    }
}
