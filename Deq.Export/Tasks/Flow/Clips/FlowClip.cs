using Deq.Runtime.Imaging;
using Deq.Runtime.Tasks.Flow;

namespace Deq.Export.Tasks.Flow.Clips;

/// <summary>Frames in order and, where it is known, the true flow from each to the next.</summary>
/// <param name="Name">In tables.</param>
/// <param name="Frames">At least two.</param>
/// <param name="Truth">Per frame but the last; null where unknown.</param>
internal sealed record FlowClip(string Name, IReadOnlyList<DecodedImage> Frames, IReadOnlyList<FlowField?> Truth)
{
    /// <summary>The first pair that counts in tables: 1 leaves out the pair that must be cold. Default 1.</summary>
    public int FirstCounted { get; init; } = 1;

    /// <summary>How many pairs it has.</summary>
    public int Pairs => Frames.Count - 1;
}
