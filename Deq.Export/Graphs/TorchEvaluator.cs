using Deq.Export.Torch;
using static TorchSharp.torch;

namespace Deq.Export.Graphs;

/// <summary>Computes a graph with Torch, under autograd or not, on any device, in float or double.</summary>
/// <remarks>
/// The graph is compiled once into steps over numbered slots. A step's input is released after its last use; autograd keeps what it needs
/// itself, so memory is bounded by the live values, not by the garbage collector. Safe to use from several threads.
/// </remarks>
internal sealed class TorchEvaluator
{
    private readonly Graph _graph;
    private readonly Step[] _steps;
    private readonly int[] _outputs;
    private readonly HeldTensor[] _constants;
    private readonly int _slots;

    static TorchEvaluator() => TorchConvolutions.UseTorchsOwn();

    /// <summary>Compiles a graph.</summary>
    /// <param name="graph">What to compute.</param>
    public TorchEvaluator(Graph graph)
    {
        _graph = graph;
        Constant[] constants = [.. graph.Nodes.OfType<Constant>()];
        _constants = [.. constants.Select(constant => new HeldTensor([.. constant.Values], [.. constant.Shape.Dims.ToArray().Select(dim => (long)dim.Coefficient)]))];
        Apply[] applies = [.. graph.Nodes.OfType<Apply>()];

        var slots = new Dictionary<Node, int>(ReferenceEqualityComparer.Instance);
        foreach (Node node in graph.Inputs.Concat<Node>(graph.Weights).Concat(constants).Concat(applies))
        {
            slots.Add(node, slots.Count);
        }

        _slots = slots.Count;
        _outputs = [.. graph.Outputs.Select(output => slots[output.Value])];
        _steps = Compile(applies, slots, [.. _outputs, .. Enumerable.Range(0, _slots - applies.Length)]);
    }

    /// <summary>Computes every output.</summary>
    /// <param name="inputs">A tensor per input, in the order of <see cref="Graph.Inputs"/>. Borrowed.</param>
    /// <param name="weights">A tensor per weight, in the order of <see cref="Graph.Weights"/>. Borrowed.</param>
    /// <returns>A new tensor per output, in the order of <see cref="Graph.Outputs"/>, that the caller owns.</returns>
    /// <exception cref="ArgumentException">Another number of inputs or weights than the graph has.</exception>
    public Tensor[] Run(IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> weights)
    {
        CheckCounts(inputs, weights);
        var values = new Tensor?[_slots];
        int next = 0;
        for (int i = 0; i < inputs.Count; i++)
        {
            values[next++] = inputs[i];
        }

        for (int i = 0; i < weights.Count; i++)
        {
            values[next++] = weights[i];
        }

        foreach (HeldTensor constant in _constants)
        {
            values[next++] = constant.Like(values[0]);
        }

        foreach (Step step in _steps)
        {
            Take(step, values);
        }

        return Return(values, _slots - _steps.Length);
    }

    private static void Take(in Step step, Tensor?[] values)
    {
        var arguments = new Tensor[step.Inputs.Length];
        for (int i = 0; i < arguments.Length; i++)
        {
            arguments[i] = values[step.Inputs[i]]!;
        }

        values[step.Output] = step.Op.Torch(arguments);
        foreach (int slot in step.Releases)
        {
            values[slot]!.Dispose();
            values[slot] = null;
        }
    }

    /// <summary>What the graph computed is handed over; what it only passed on, or returns twice, gets a new handle.</summary>
    private Tensor[] Return(Tensor?[] values, int borrowed)
    {
        var outputs = new Tensor[_outputs.Length];
        for (int i = 0; i < outputs.Length; i++)
        {
            int slot = _outputs[i];
            bool isOwn = slot >= borrowed && Array.IndexOf(_outputs, slot) == i;
            outputs[i] = isOwn ? values[slot]! : values[slot]!.alias();
        }

        return outputs;
    }

    private static Step[] Compile(Apply[] applies, Dictionary<Node, int> slots, HashSet<int> kept)
    {
        var steps = new Step[applies.Length];
        var neededLater = new HashSet<int>(kept);
        for (int i = applies.Length - 1; i >= 0; i--)
        {
            int[] inputs = [.. applies[i].Inputs.Select(node => slots[node])];
            int[] releases = [.. inputs.Where(neededLater.Add)];
            steps[i] = new Step(applies[i].Op, inputs, slots[applies[i]], releases);
        }

        return steps;
    }

    private void CheckCounts(IReadOnlyList<Tensor> inputs, IReadOnlyList<Tensor> weights)
    {
        if (inputs.Count != _graph.Inputs.Count || weights.Count != _graph.Weights.Count)
        {
            throw new ArgumentException(
                $"Graph {_graph.Name} takes {_graph.Inputs.Count} inputs and {_graph.Weights.Count} weights; "
                + $"{inputs.Count} and {weights.Count} were given.",
                nameof(inputs));
        }
    }

    /// <summary>One op: where its inputs lie, where its output goes, and which inputs are not used afterwards.</summary>
    private readonly record struct Step(Op Op, int[] Inputs, int Output, int[] Releases);
}
