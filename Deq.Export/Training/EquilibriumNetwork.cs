using Deq.Export.Architectures;
using Deq.Export.Graphs;
using static TorchSharp.torch;

namespace Deq.Export.Training;

/// <summary>A model's graphs, ready to be evaluated by TorchSharp at whatever weights are bound.</summary>
/// <param name="graphs">Encoder, cell and decoder.</param>
public sealed class EquilibriumNetwork(ModelGraphs graphs)
{
    private readonly TorchEvaluator _encoder = new(graphs.Encoder);
    private readonly TorchEvaluator _cell = new(graphs.Cell);
    private readonly TorchEvaluator _decoder = new(graphs.Decoder);

    /// <summary>The definition.</summary>
    public ModelGraphs Graphs { get; } = graphs;

    /// <summary>The three functions at given weights; valid as long as those tensors live.</summary>
    /// <param name="effective">Effective weights by name, as <see cref="ModelParameters.Compose"/> gives them.</param>
    public BoundNetwork Bind(IReadOnlyDictionary<string, Tensor> effective)
    {
        ArgumentNullException.ThrowIfNull(effective);
        return new BoundNetwork(
            this,
            [.. Graphs.Encoder.Weights.Select(weight => effective[weight.Name])],
            [.. Graphs.Cell.Weights.Select(weight => effective[weight.Name])],
            [.. Graphs.Decoder.Weights.Select(weight => effective[weight.Name])]);
    }

    internal Tensor Encode(Tensor image, Tensor[] weights) => _encoder.Run([image], weights)[0];

    internal Tensor Evaluate(Tensor z, Tensor x, Tensor[] weights) => _cell.Run([z, x], weights)[0];

    internal Tensor Decode(Tensor z, Tensor[] weights) => _decoder.Run([z], weights)[0];
}

/// <summary>Encoder, cell and decoder at fixed weights.</summary>
public sealed class BoundNetwork
{
    private readonly EquilibriumNetwork _network;
    private readonly Tensor[] _encoder;
    private readonly Tensor[] _cell;
    private readonly Tensor[] _decoder;

    internal BoundNetwork(EquilibriumNetwork network, Tensor[] encoder, Tensor[] cell, Tensor[] decoder) =>
        (_network, _encoder, _cell, _decoder) = (network, encoder, cell, decoder);

    /// <summary>image <c>[B, C, H, W]</c> ↦ x.</summary>
    public Tensor Encode(Tensor image) => _network.Encode(image, _encoder);

    /// <summary>(z <c>[B, D]</c>, x) ↦ f(z, x) <c>[B, D]</c>.</summary>
    public Tensor Evaluate(Tensor z, Tensor x) => _network.Evaluate(z, x, _cell);

    /// <summary>z <c>[B, D]</c> ↦ logits <c>[B, K]</c>.</summary>
    public Tensor Decode(Tensor z) => _network.Decode(z, _decoder);
}
