using Deq.Export.Torch;
using Deq.Runtime.FixedPoints;
using static TorchSharp.torch;

namespace Deq.Export.Solving;

/// <summary>A state space whose combinations are recorded for differentiation: every slot is a tensor with its history.</summary>
/// <remarks>
/// Nothing is overwritten in place, so memory grows with every operation until the caller's dispose scope ends. Inner products, and with
/// them a method's weights, count as constants.
/// </remarks>
/// <param name="capacity">The most rows.</param>
/// <param name="like">Gives width, precision and device; <c>[B, D]</c>.</param>
internal sealed class RecordedStateSpace(int capacity, Tensor like) : IStateSpace
{
    private readonly List<Tensor> _slots = [];

    public int Capacity => capacity;

    /// <summary>A slot, <c>[Capacity, D]</c>.</summary>
    public Tensor this[int slot]
    {
        get => _slots[slot];
        set => _slots[slot] = value;
    }

    public int Allocate(int count)
    {
        int first = _slots.Count;
        _slots.AddRange(Enumerable.Range(0, count).Select(_ => zeros([capacity, like.shape[1]], dtype: like.dtype, device: like.device)));
        return first;
    }

    public void InnerProducts(int a, ReadOnlySpan<int> others, Span<double> products, int rows)
    {
        using IDisposable scope = NewDisposeScope();
        using IDisposable detached = no_grad();
        Tensor left = _slots[a].narrow(0, 0, rows).to(ScalarType.Float64);
        for (int i = 0; i < others.Length; i++)
        {
            double[] column = (left * _slots[others[i]].narrow(0, 0, rows)).sum(1).cpu().data<double>().ToArray();
            for (int row = 0; row < rows; row++)
            {
                products[(row * others.Length) + i] = column[row];
            }
        }
    }

    public void Combine(ReadOnlySpan<int> vectors, ReadOnlySpan<double> weights, int target, int rows)
    {
        Tensor? sum = null;
        for (int i = 0; i < vectors.Length; i++)
        {
            double[] column = new double[rows];
            for (int row = 0; row < rows; row++)
            {
                column[row] = weights[(row * vectors.Length) + i];
            }

            if (!column.AsSpan().ContainsAnyExcept(0))
            {
                continue;
            }

            Tensor term = Weighted(_slots[vectors[i]].narrow(0, 0, rows), column);
            sum = sum is null ? term : sum.Plus(term);
        }

        sum ??= zeros([rows, like.shape[1]], dtype: like.dtype, device: like.device);
        Write(target, sum, rows);
    }

    public void CopyRow(int from, int to, int row)
    {
        Tensor slot = _slots[to];
        _slots[to] = slot.index_copy(0, tensor([(long)row], device: like.device), _slots[from].narrow(0, row, 1));
    }

    public void Move(ReadOnlySpan<RowMove> moves)
    {
        long[] order = [.. Enumerable.Range(0, capacity).Select(row => (long)row)];
        foreach (RowMove move in moves)
        {
            order[move.To] = move.From;
        }

        Tensor index = tensor(order, device: like.device);
        for (int slot = 0; slot < _slots.Count; slot++)
        {
            _slots[slot] = _slots[slot].index_select(0, index);
        }
    }

    /// <summary>Replaces the first rows of a slot; the others stay.</summary>
    public void Write(int slot, Tensor rows, int count) =>
        _slots[slot] = count == capacity ? rows : cat([rows, _slots[slot].narrow(0, count, capacity - count)], 0);

    private Tensor Weighted(Tensor vector, double[] weights)
    {
        if (Array.TrueForAll(weights, weight => weight == weights[0]))
        {
            return weights[0] == 1 ? vector : vector.Times(weights[0]);
        }

        Tensor factors = tensor(weights, dtype: like.dtype, device: like.device).unsqueeze(1);
        Tensor product = vector * factors;
        return Array.Exists(weights, weight => weight == 0) ? product.masked_fill(factors.eq(HeldScalar.Of(0)), HeldScalar.Of(0)) : product;
    }
}
