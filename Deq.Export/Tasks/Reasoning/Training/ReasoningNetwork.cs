using Deq.Export.Graphs;
using Deq.Export.Tasks.Reasoning.Architectures;
using static TorchSharp.torch;

namespace Deq.Export.Tasks.Reasoning.Training;

/// <summary>A reasoner's graphs, evaluated by TorchSharp at whatever weights are bound.</summary>
/// <param name="graphs">The definition.</param>
internal sealed class ReasoningNetwork(ReasonerGraphs graphs)
{
    private readonly TorchEvaluator _encoder = new(graphs.Encoder);
    private readonly TorchEvaluator _cell = new(graphs.Cell);
    private readonly TorchEvaluator _decoder = new(graphs.Decoder);

    /// <summary>The three functions at given weights; valid as long as those tensors live.</summary>
    /// <param name="effective">Effective weights by name.</param>
    public BoundReasoner Bind(IReadOnlyDictionary<string, Tensor> effective) => new(
        tokens => Run(_encoder, graphs.Encoder, effective, tokens),
        (z, x) => Run(_cell, graphs.Cell, effective, z, x),
        z => Run(_decoder, graphs.Decoder, effective, z));

    /// <summary>The extents of the states of a batch.</summary>
    /// <param name="tokens"><c>[B, 1, H, W]</c>.</param>
    public long[] StateShape(Tensor tokens) => graphs.StateSizes(tokens.shape[0], tokens.shape[2], tokens.shape[3]);

    private static Tensor Run(TorchEvaluator evaluator, Graph graph, IReadOnlyDictionary<string, Tensor> effective, params Tensor[] inputs) =>
        evaluator.Run(inputs, [.. graph.Weights.Select(weight => effective[weight.Name])])[0];
}

/// <summary>Encoder, cell and decoder of a reasoner at fixed weights.</summary>
/// <param name="Encode">Tokens <c>[B, 1, H, W]</c> ↦ x.</param>
/// <param name="Evaluate">(z, x) ↦ f(z, x).</param>
/// <param name="Decode">z ↦ logits <c>[B, K, H, W]</c>.</param>
internal sealed record BoundReasoner(Func<Tensor, Tensor> Encode, Func<Tensor, Tensor, Tensor> Evaluate, Func<Tensor, Tensor> Decode)
{
    /// <summary>So many plain evaluations without gradient.</summary>
    /// <param name="z">Where they begin; borrowed.</param>
    /// <param name="x">The injection.</param>
    /// <param name="evaluations">At least 0.</param>
    /// <param name="disturb">Adds noise to the state after each evaluation; null adds none.</param>
    public Tensor Iterate(Tensor z, Tensor x, int evaluations, Func<Tensor, Tensor>? disturb = null)
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
    public static Tensor Residual(Tensor z, Tensor fz) => (fz - z).flatten(1).norm(1) / (fz.flatten(1).norm(1) + 1e-12);
}
