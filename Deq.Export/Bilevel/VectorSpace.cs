using System.Numerics.Tensors;
using Deq.Runtime.FixedPoints;

namespace Deq.Export.Bilevel;

/// <summary>Plain vectors of doubles as a state space of one row, so that what works on slots works on them.</summary>
/// <param name="width">D.</param>
public sealed class VectorSpace(int width) : IStateSpace
{
    private readonly List<double[]> _slots = [];

    /// <inheritdoc/>
    public int Capacity => 1;

    /// <summary>A slot, <c>[D]</c>.</summary>
    public Span<double> this[int slot] => _slots[slot];

    /// <inheritdoc/>
    public int Allocate(int count)
    {
        int first = _slots.Count;
        _slots.AddRange(Enumerable.Range(0, count).Select(_ => new double[width]));
        return first;
    }

    /// <inheritdoc/>
    public void InnerProducts(int a, ReadOnlySpan<int> others, Span<double> products, int rows)
    {
        for (int i = 0; i < others.Length; i++)
        {
            products[i] = TensorPrimitives.Dot<double>(_slots[a], _slots[others[i]]);
        }
    }

    /// <inheritdoc/>
    public void Combine(ReadOnlySpan<int> vectors, ReadOnlySpan<double> weights, int target, int rows)
    {
        double[] sum = _slots[target];
        int own = vectors.IndexOf(target);
        if (own < 0 || weights[own] == 0)
        {
            Array.Clear(sum);
        }
        else if (weights[own] != 1)
        {
            TensorPrimitives.Multiply<double>(sum, weights[own], sum);
        }

        for (int i = 0; i < vectors.Length; i++)
        {
            if (i != own && weights[i] != 0)
            {
                TensorPrimitives.MultiplyAdd<double>(_slots[vectors[i]], weights[i], sum, sum);
            }
        }
    }

    /// <inheritdoc/>
    public void CopyRow(int from, int to, int row) => _slots[from].CopyTo(_slots[to], 0);

    /// <inheritdoc/>
    public void Move(ReadOnlySpan<RowMove> moves)
    {
    }
}
