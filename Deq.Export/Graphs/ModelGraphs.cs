namespace Deq.Export.Graphs;

/// <summary>An equilibrium model as three graphs: input ↦ injections x, (z, x) ↦ f(z, x), z* ↦ output. Weights are shared by name.</summary>
/// <param name="Encoder">One input; outputs <c>x</c>, whatever else the cell takes, in its order, and last what goes past the cell to the decoder.</param>
/// <param name="Cell">Inputs <c>z</c> and its part of the encoder's outputs; output <c>fz</c> in z's shape.</param>
/// <param name="Decoder">Inputs <c>z</c> and the rest of the encoder's outputs, often none; one output.</param>
internal sealed record ModelGraphs(Graph Encoder, Graph Cell, Graph Decoder)
{
    /// <summary>z and some of the encoder's outputs ↦ an energy of z, <c>[B, 1]</c>, of the cell's own weights; null of models whose solves descend none.</summary>
    public Graph? Energy { get; init; }

    /// <summary>Every weight of the three graphs once, encoder first.</summary>
    public IReadOnlyList<Weight> Weights { get; } =
        [.. Encoder.Weights.Concat(Cell.Weights).Concat(Decoder.Weights).DistinctBy(weight => weight.Name)];

    /// <summary>The sizes of the states of a batch, by the names of their extents.</summary>
    /// <param name="rows">B.</param>
    /// <param name="height">H of the encoder's input.</param>
    /// <param name="width">W of the encoder's input.</param>
    public long[] StateSizes(long rows, long height, long width) =>
    [
        .. Cell.Inputs[0].Shape.Dims.ToArray().Select(dim => dim.Name switch
        {
            null => dim.Coefficient,
            "B" => rows,
            "H" => height,
            _ => width,
        }),
    ];

    /// <summary>D, numbers in one state of a model whose state has a fixed size.</summary>
    /// <exception cref="InvalidOperationException">It depends on the input's size.</exception>
    public int StateWidth => Cell.Inputs[0].Shape.Volume is { Name: "B" } volume
        ? volume.Coefficient
        : throw new InvalidOperationException($"A state of {Cell.Inputs[0].Shape} has no fixed size.");
}
