namespace Deq.Export.Graphs;

/// <summary>An equilibrium model as three graphs: image ↦ x, (z, x) ↦ f(z, x), z* ↦ output. Weights are shared by name.</summary>
/// <param name="Encoder">Input <c>image [B, C, H, W]</c>; output <c>x</c>.</param>
/// <param name="Cell">Inputs <c>z [B, D]</c> and <c>x</c>; output <c>fz [B, D]</c>.</param>
/// <param name="Decoder">Input <c>z [B, D]</c>; output <c>logits [B, K]</c>.</param>
/// <param name="StateWidth">D, numbers in one state.</param>
public sealed record ModelGraphs(Graph Encoder, Graph Cell, Graph Decoder, int StateWidth)
{
    /// <summary>Every weight of the three graphs once, encoder first.</summary>
    public IReadOnlyList<Weight> Weights { get; } =
        [.. Encoder.Weights.Concat(Cell.Weights).Concat(Decoder.Weights).DistinctBy(weight => weight.Name)];
}
