using Deq.Export.Graphs;
using static TorchSharp.torch;

namespace Deq.Export.Tasks.Flow.Training;

/// <summary>A flow estimator's graphs, evaluated by TorchSharp at whatever weights are bound.</summary>
/// <param name="graphs">The definition.</param>
public sealed class FlowNetwork(FlowGraphs graphs)
{
    private readonly TorchEvaluator _encoder = new(graphs.Encoder);
    private readonly TorchEvaluator _cell = new(graphs.Cell);
    private readonly TorchEvaluator _decoder = new(graphs.Decoder);

    /// <summary>The definition.</summary>
    public FlowGraphs Graphs { get; } = graphs;

    /// <summary>The three functions at given weights; valid as long as those tensors live.</summary>
    /// <param name="effective">Effective weights by name.</param>
    public BoundFlowNetwork Bind(IReadOnlyDictionary<string, Tensor> effective)
    {
        ArgumentNullException.ThrowIfNull(effective);
        return new BoundFlowNetwork(
            _encoder, Take(Graphs.Encoder, effective), _cell, Take(Graphs.Cell, effective), _decoder, Take(Graphs.Decoder, effective));
    }

    private static Tensor[] Take(Graph graph, IReadOnlyDictionary<string, Tensor> effective) =>
        [.. graph.Weights.Select(weight => effective[weight.Name])];
}

/// <summary>Encoder, cell and decoder of a flow estimator at fixed weights.</summary>
public sealed class BoundFlowNetwork
{
    private readonly (TorchEvaluator Graph, Tensor[] Weights) _encoder;
    private readonly (TorchEvaluator Graph, Tensor[] Weights) _cell;
    private readonly (TorchEvaluator Graph, Tensor[] Weights) _decoder;

    internal BoundFlowNetwork(
        TorchEvaluator encoder, Tensor[] encoderWeights, TorchEvaluator cell, Tensor[] cellWeights, TorchEvaluator decoder, Tensor[] decoderWeights) =>
        (_encoder, _cell, _decoder) = ((encoder, encoderWeights), (cell, cellWeights), (decoder, decoderWeights));

    /// <summary>Frames and guess <c>[B, 9, H, W]</c> ↦ x and the guess.</summary>
    public Tensor[] Encode(Tensor frames) => _encoder.Graph.Run([frames], _encoder.Weights);

    /// <summary>(z, what <see cref="Encode"/> gave) ↦ f(z).</summary>
    public Tensor Evaluate(Tensor z, Tensor[] injection) => _cell.Graph.Run([z, injection[0]], _cell.Weights)[0];

    /// <summary>(z, what <see cref="Encode"/> gave) ↦ flow <c>[B, 2, H, W]</c>, pixels.</summary>
    public Tensor Decode(Tensor z, Tensor[] injection) => _decoder.Graph.Run([z, injection[1]], _decoder.Weights)[0];

    /// <summary>So many plain evaluations without gradient.</summary>
    public Tensor Iterate(Tensor z, Tensor[] injection, int evaluations)
    {
        using IDisposable off = no_grad();
        Tensor state = z.detach();
        for (int i = 0; i < evaluations; i++)
        {
            Tensor next = Evaluate(state, injection);
            state.Dispose();
            state = next;
        }

        return state;
    }
}
