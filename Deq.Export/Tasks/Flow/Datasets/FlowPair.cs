using Deq.Runtime.Imaging;
using Deq.Runtime.Tasks.Flow;

namespace Deq.Export.Tasks.Flow.Datasets;

/// <summary>Two frames, the true flow from the first to the second, and where it leads to nothing.</summary>
/// <param name="Name">Within its data set, such as <c>RubberWhale</c> or <c>alley_1/frame_0002</c>.</param>
/// <param name="First">The frame whose pixels move.</param>
/// <param name="Second">Of the same size.</param>
/// <param name="Truth">Of the same size; known where it was measured.</param>
/// <param name="Occluded"><c>[Height, Width]</c>: where what the first frame shows cannot be seen in the second; null where unknown.</param>
internal sealed record FlowPair(string Name, DecodedImage First, DecodedImage Second, FlowField Truth, bool[]? Occluded);

/// <summary>The files of a pair.</summary>
internal sealed record FlowPairFiles
{
    /// <summary>Within its data set.</summary>
    public required string Name { get; init; }

    /// <summary>The first frame.</summary>
    public required string First { get; init; }

    /// <summary>The second frame.</summary>
    public required string Second { get; init; }

    /// <summary>The true flow, <c>.flo</c> or KITTI's <c>.png</c>.</summary>
    public required string Truth { get; init; }

    /// <summary>A grey image, white where occluded; null for none.</summary>
    public string? Occluded { get; init; }

    /// <summary>A grey image, white where the truth is not to be trusted; null for none.</summary>
    public string? Invalid { get; init; }

    /// <summary>The true flow of visible pixels alone: what the whole truth knows and this does not is occluded. Null for none.</summary>
    public string? VisibleTruth { get; init; }
}
