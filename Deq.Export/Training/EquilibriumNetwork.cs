using Deq.Export.Graphs;
using Deq.Export.Torch;
using static TorchSharp.torch;

namespace Deq.Export.Training;

/// <summary>A model's graphs, ready to be evaluated by TorchSharp at whatever weights are bound.</summary>
/// <param name="graphs">Encoder, cell and decoder.</param>
internal sealed class EquilibriumNetwork(ModelGraphs graphs)
{
    private readonly TorchEvaluator _encoder = new(graphs.Encoder);
    private readonly TorchEvaluator _cell = new(graphs.Cell);
    private readonly TorchEvaluator _decoder = new(graphs.Decoder);

    /// <summary>The definition.</summary>
    public ModelGraphs Graphs { get; } = graphs;

    /// <summary>The three functions at given weights; valid as long as those tensors live.</summary>
    /// <param name="effective">Effective weights by name, as <see cref="ModelParameters.Compose"/> gives them.</param>
    public BoundNetwork Bind(IReadOnlyDictionary<string, Tensor> effective) =>
        new((_encoder, Take(Graphs.Encoder, effective)), (_cell, Take(Graphs.Cell, effective)), (_decoder, Take(Graphs.Decoder, effective)), Graphs.Cell.Inputs.Count - 1);

    /// <summary>The sizes of the states of a batch of inputs.</summary>
    /// <param name="input"><c>[B, C, H, W]</c>.</param>
    public long[] StateSizes(Tensor input) => Graphs.StateSizes(input.shape[0], input.shape[2], input.shape[3]);

    private static Tensor[] Take(Graph graph, IReadOnlyDictionary<string, Tensor> effective) =>
        [.. graph.Weights.Select(weight => effective[weight.Name])];
}

/// <summary>Encoder, cell and decoder at fixed weights.</summary>
internal sealed class BoundNetwork
{
    private const int SizesOfBatches = 4;

    private readonly (TorchEvaluator Graph, Tensor[] Weights) _encoder;
    private readonly (TorchEvaluator Graph, Tensor[] Weights) _cell;
    private readonly (TorchEvaluator Graph, Tensor[] Weights) _decoder;

    private readonly int _cellInjections;

    internal BoundNetwork((TorchEvaluator, Tensor[]) encoder, (TorchEvaluator, Tensor[]) cell, (TorchEvaluator, Tensor[]) decoder, int cellInjections) =>
        (_encoder, _cell, _decoder, _cellInjections) = (encoder, cell, decoder, cellInjections);

    /// <summary>The encoder's input <c>[B, …]</c> ↦ the injections x.</summary>
    public Tensor[] Encode(Tensor input) => _encoder.Graph.Run([input], _encoder.Weights);

    /// <summary>(z, x) ↦ f(z, x), of which the cell takes its part.</summary>
    public Tensor Evaluate(Tensor z, params IReadOnlyList<Tensor> x) => _cell.Graph.Run([z, .. x.Take(_cellInjections)], _cell.Weights)[0];

    /// <summary>
    /// The same for the rows that a solve has left. On an accelerator their number is rounded up with rows of zeros, for its libraries plan
    /// every new size of a mini-batch anew, which takes longer than thousands of evaluations.
    /// </summary>
    /// <param name="z"><c>[rows, D]</c>.</param>
    /// <param name="x"><c>[rows, …]</c> each.</param>
    /// <param name="whole">Rows of the whole mini-batch.</param>
    public Tensor EvaluateLeft(Tensor z, IReadOnlyList<Tensor> x, int whole)
    {
        int rows = (int)z.shape[0];
        int unit = (whole + SizesOfBatches - 1) / SizesOfBatches;
        int more = Math.Min(whole, (rows + unit - 1) / unit * unit) - rows;
        return more <= 0 || z.device_type == TorchSharp.DeviceType.CPU
            ? Evaluate(z, x)
            : Evaluate(Longer(z, more), [.. x.Select(part => Longer(part, more))]).narrow(0, 0, rows);
    }

    /// <summary>(z, x) ↦ the model's output.</summary>
    public Tensor Decode(Tensor z, params IReadOnlyList<Tensor> x) => _decoder.Graph.Run([z, .. x.Skip(_cellInjections)], _decoder.Weights)[0];

    /// <summary>So many plain evaluations without gradient.</summary>
    /// <param name="z">Where they begin; borrowed.</param>
    /// <param name="x">The injections.</param>
    /// <param name="evaluations">At least 0.</param>
    /// <param name="disturb">Adds noise to the state after each evaluation; null adds none.</param>
    public Tensor Iterate(Tensor z, Tensor[] x, int evaluations, Func<Tensor, Tensor>? disturb = null)
    {
        using IDisposable off = no_grad();
        Tensor state = z.detach();
        for (int i = 0; i < evaluations; i++)
        {
            Tensor next = Evaluate(state, x);
            state.Dispose();
            state = next;
            if (disturb is not null)
            {
                next = disturb(state);
                state.Dispose();
                state = next;
            }
        }

        return state;
    }

    /// <summary>Per row, ‖f(z) − z‖ / (‖f(z)‖ + ε), <c>[B]</c>.</summary>
    public static Tensor Residual(Tensor z, Tensor fz) => (fz - z).flatten(1).norm(1) / fz.flatten(1).norm(1).Plus(1e-12);

    private static Tensor Longer(Tensor rows, int more) =>
        cat([rows, zeros([more, .. rows.shape[1..]], dtype: rows.dtype, device: rows.device)], 0);
}
