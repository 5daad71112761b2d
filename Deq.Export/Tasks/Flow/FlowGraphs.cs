using Deq.Export.Graphs;

namespace Deq.Export.Tasks.Flow;

/// <summary>A flow estimator as three graphs for frames of any height and width that are multiples of <see cref="FlowSizes.Multiple"/>.</summary>
/// <param name="Sizes">What was built.</param>
/// <param name="Encoder">
/// Input <c>image [B, 9, H, W]</c>: the first frame, the second one seen along the guess, the guess in pixels, the trust in it; outputs
/// <c>x [B, 18, H/4, W/4]</c> and <c>detail [B, 72, H/4, W/4]</c>.
/// </param>
/// <param name="Cell">Inputs <c>z [B, 2, H/4, W/4]</c> and x; output <c>fz</c> in z's shape.</param>
/// <param name="Decoder">Inputs <c>z</c> and <c>detail</c>; output <c>flow [B, 2, H, W]</c>, pixels to the right and down.</param>
internal sealed record FlowGraphs(FlowSizes Sizes, Graph Encoder, Graph Cell, Graph Decoder)
{
    /// <summary>The three without their sizes.</summary>
    public ModelGraphs Model { get; } = new(Encoder, Cell, Decoder);
}
