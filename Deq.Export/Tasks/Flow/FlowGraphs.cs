using Deq.Export.Graphs;
using Deq.Export.Tasks.Classification;

namespace Deq.Export.Tasks.Flow;

/// <summary>A flow estimator as three graphs for frames of any height and width that are multiples of <see cref="Multiple"/>.</summary>
/// <param name="Sizes">What was built.</param>
/// <param name="Size">p, the pixels per cell of the state along each axis.</param>
/// <param name="Encoder">
/// Input <c>image [B, 6, H, W]</c>, both frames; outputs <c>x [B, 3·hidden, H/p, W/p]</c> and per level l <c>volume{l} [B, H/p, W/p, K, K]</c>.
/// </param>
/// <param name="Cell">Inputs <c>z [B, hidden + 2, H/p, W/p]</c> and the encoder's outputs; output <c>fz</c> in z's shape.</param>
/// <param name="Decoder">Input <c>z</c>; output <c>flow [B, 2, H, W]</c>, pixels to the right and down.</param>
public sealed record FlowGraphs(FlowSizes Sizes, CellSize Size, Graph Encoder, Graph Cell, Graph Decoder)
{
    /// <summary>Height and width of frames are multiples of this.</summary>
    public int Multiple => Sizes.Multiple(Size);

    /// <summary>Every weight of the three graphs once, encoder first.</summary>
    public IReadOnlyList<Weight> Weights { get; } =
        [.. Encoder.Weights.Concat(Cell.Weights).Concat(Decoder.Weights).DistinctBy(weight => weight.Name)];
}
