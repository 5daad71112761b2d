using Deq.Export.Graphs;

namespace Deq.Export.Tasks.Reasoning.Architectures;

/// <summary>A reasoner as three graphs.</summary>
/// <param name="Encoder">Input <c>image [B, 1, H, W]</c>, token numbers; output <c>x [B, …]</c>.</param>
/// <param name="Cell">Inputs <c>z [B, …]</c> and <c>x</c>; output <c>fz</c> in z's shape.</param>
/// <param name="Decoder">Input <c>z</c>; output <c>logits [B, K, H, W]</c>, K the tokens that answers are made of.</param>
internal sealed record ReasonerGraphs(Graph Encoder, Graph Cell, Graph Decoder)
{
    /// <summary>Every weight of the three graphs once, encoder first.</summary>
    public IReadOnlyList<Weight> Weights { get; } =
        [.. Encoder.Weights.Concat(Cell.Weights).Concat(Decoder.Weights).DistinctBy(weight => weight.Name)];

    /// <summary>z's shape with its varying extents by name; the first is the batch.</summary>
    public Shape State => Cell.Input("z").Shape;

    /// <summary>The three for what every task shares.</summary>
    public ModelGraphs Model { get; } = new(Encoder, Cell, Decoder);

    /// <summary>The sizes of the states of a batch.</summary>
    /// <param name="rows">B.</param>
    /// <param name="height">H of the tokens.</param>
    /// <param name="width">W of the tokens.</param>
    public long[] StateSizes(long rows, long height, long width) =>
    [
        .. State.Dims.ToArray().Select(dim => dim.Name switch
        {
            null => dim.Coefficient,
            "B" => rows,
            "H" => height,
            _ => width,
        }),
    ];
}
