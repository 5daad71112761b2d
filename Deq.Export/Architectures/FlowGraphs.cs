using Deq.Export.Graphs;

namespace Deq.Export.Architectures;

/// <summary>A flow estimator as three graphs for frames of any height and width that are multiples of <see cref="FlowSizes.Multiple"/>.</summary>
/// <param name="Sizes">What was built.</param>
/// <param name="Encoder">
/// Input <c>image [B, 6, H, W]</c>, both frames; outputs <c>x [B, 3·hidden, H/4, W/4]</c> and per level l <c>volume{l} [B, H/4, W/4, K, K]</c>.
/// </param>
/// <param name="Cell">Inputs <c>z [B, hidden + 2, H/4, W/4]</c> and the encoder's outputs; output <c>fz</c> in z's shape.</param>
/// <param name="Decoder">Input <c>z</c>; output <c>flow [B, 2, H, W]</c>, pixels to the right and down.</param>
public sealed record FlowGraphs(FlowSizes Sizes, Graph Encoder, Graph Cell, Graph Decoder)
{
    /// <summary>Every weight of the three graphs once, encoder first.</summary>
    public IReadOnlyList<Weight> Weights { get; } =
        [.. Encoder.Weights.Concat(Cell.Weights).Concat(Decoder.Weights).DistinctBy(weight => weight.Name)];
}
