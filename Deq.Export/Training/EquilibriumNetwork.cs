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
    private const int SizesOfBatches = 4;

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

    /// <summary>
    /// The same for the rows that a solve has left. On an accelerator their number is rounded up with rows of zeros, for its libraries plan
    /// every new size of a mini-batch anew, which takes longer than thousands of evaluations.
    /// </summary>
    /// <param name="z"><c>[rows, D]</c>.</param>
    /// <param name="x"><c>[rows, …]</c>.</param>
    /// <param name="whole">Rows of the whole mini-batch.</param>
    public Tensor EvaluateLeft(Tensor z, Tensor x, int whole)
    {
        ArgumentNullException.ThrowIfNull(z);
        ArgumentNullException.ThrowIfNull(x);
        int rows = (int)z.shape[0];
        int unit = (whole + SizesOfBatches - 1) / SizesOfBatches;
        int more = Math.Min(whole, (rows + unit - 1) / unit * unit) - rows;
        if (more <= 0 || z.device_type == TorchSharp.DeviceType.CPU)
        {
            return Evaluate(z, x);
        }

        Tensor noStates = zeros([more, .. z.shape[1..]], dtype: z.dtype, device: z.device);
        Tensor noInjections = zeros([more, .. x.shape[1..]], dtype: x.dtype, device: x.device);
        return Evaluate(cat([z, noStates], 0), cat([x, noInjections], 0)).narrow(0, 0, rows);
    }

    /// <summary>z <c>[B, D]</c> ↦ logits <c>[B, K]</c>.</summary>
    public Tensor Decode(Tensor z) => _network.Decode(z, _decoder);
}
