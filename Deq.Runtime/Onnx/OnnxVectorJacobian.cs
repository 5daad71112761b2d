using Deq.Runtime.Models;
using Deq.Runtime.States;

namespace Deq.Runtime.Onnx;

/// <summary>The product of a cotangent with the cell's Jacobian, uᵀ·∂f/∂z(z, x), over the rows of a lane. Not thread-safe.</summary>
/// <remarks>What adjoint solves and estimates of the spectral radius are made of. It uses the lane's own injections x.</remarks>
public sealed class OnnxVectorJacobian
{
    private readonly OnnxGraph _graph;
    private readonly HostStateSpace _space;
    private readonly OnnxModel _model;
    private readonly float[][] _injections;
    private readonly Dictionary<(int Z, int U, int Product, int Rows), OnnxBinding> _bindings = [];

    internal OnnxVectorJacobian(OnnxGraph graph, HostStateSpace space, OnnxModel model, float[][] injections) =>
        (_graph, _space, _model, _injections) = (graph, space, model, injections);

    /// <summary>Ends runs of the graph. Default never.</summary>
    internal CancellationToken RunsEnd { get; init; }

    /// <summary>product ← uᵀ·∂f/∂z for the first <paramref name="rows"/> rows.</summary>
    /// <param name="z">The slot of the states at which the Jacobian is taken, <c>[rows, D]</c>.</param>
    /// <param name="u">The slot of the cotangents, <c>[rows, D]</c>.</param>
    /// <param name="product">The slot that receives the products, <c>[rows, D]</c>; neither of the others.</param>
    /// <param name="rows">How many rows take part, 1 to the lane's capacity.</param>
    public void Evaluate(int z, int u, int product, int rows)
    {
        if (!_bindings.TryGetValue((z, u, product, rows), out OnnxBinding? binding))
        {
            int length = rows * _space.Width;
            binding = _graph.Bind(
                [
                    (TensorNames.State, _space[z].AsMemory(0, length)),
                    .. _model.Injections.Take(_model.CellInjections)
                        .Select((injection, place) => (injection.Name, _injections[place].AsMemory(0, rows * injection.Length))),
                    (TensorNames.Cotangent, _space[u].AsMemory(0, length)),
                    (TensorNames.CotangentProduct, _space[product].AsMemory(0, length)),
                ],
                rows,
                _model.Scale);
            _bindings.Add((z, u, product, rows), binding);
        }

        binding.RunUntil(RunsEnd);
    }

    internal void Release()
    {
        foreach (OnnxBinding binding in _bindings.Values)
        {
            binding.Dispose();
        }

        _bindings.Clear();
    }
}
