using Deq.Runtime.FixedPoints;
using static TorchSharp.torch;

namespace Deq.Export.Solving;

/// <summary>The newest evaluation of a solve with its graph, so that products with Jᵀ at the newest z cost no further evaluation.</summary>
/// <remarks>Rows keep their products when they change their places after the evaluation.</remarks>
internal sealed class NewestEvaluation : IDisposable
{
    private Tensor? _z;
    private Tensor? _mapped;
    private long[] _order = [];
    private bool _isInOrder;

    /// <summary>Vector–Jacobian products made, summed over rows.</summary>
    public long RowProducts { get; private set; }

    /// <summary>f(z) <c>[rows, D]</c>, without gradient; its graph is kept until the next.</summary>
    /// <param name="z"><c>[rows, D]</c>; copied.</param>
    /// <param name="evaluate">f.</param>
    public Tensor Record(Tensor z, Func<Tensor, Tensor> evaluate)
    {
        Dispose();
        using IDisposable recording = enable_grad();
        _z = z.detach().clone().requires_grad_().DetachFromDisposeScope();
        _mapped = evaluate(_z).DetachFromDisposeScope();
        _order = [.. Enumerable.Range(0, (int)z.shape[0]).Select(row => (long)row)];
        _isInOrder = true;
        return _mapped.detach();
    }

    /// <summary>Jᵀu per row for the first rows.</summary>
    /// <param name="u"><c>[rows, D]</c>, at most as many rows as were evaluated.</param>
    /// <returns><c>[rows, D]</c>.</returns>
    public Tensor Product(Tensor u)
    {
        long rows = u.shape[0];
        RowProducts += rows;
        if (_isInOrder && rows == _order.Length)
        {
            return Differentiate(u);
        }

        // The graph holds all rows that were evaluated, so the others' cotangents are 0.
        Tensor places = tensor(_order.AsSpan(0, (int)rows).ToArray(), device: u.device);
        return Differentiate(zeros_like(_mapped!).index_copy_(0, places, u)).index_select(0, places);
    }

    /// <summary>Follows rows to their new places.</summary>
    public void Move(ReadOnlySpan<RowMove> moves)
    {
        foreach (RowMove move in moves)
        {
            _order[move.To] = _order[move.From];
            _isInOrder = false;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _z?.Dispose();
        _mapped?.Dispose();
        (_z, _mapped) = (null, null);
    }

    private Tensor Differentiate(Tensor u) => autograd.grad([_mapped!], [_z!], [u], retain_graph: true)[0];
}
