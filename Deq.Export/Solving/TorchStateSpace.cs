using Deq.Runtime.FixedPoints;
using Deq.Runtime.States;
using static TorchSharp.torch;

namespace Deq.Export.Solving;

/// <summary>States as TorchSharp tensors, on any device, in single or double precision: the state space of training.</summary>
/// <remarks>Slots are tensors <c>[Capacity, Width]</c> that live as long as the space. No gradient flows through any operation.</remarks>
public sealed class TorchStateSpace : IStateSpace, IDisposable
{
    private readonly List<Tensor> _slots = [];
    private readonly ScalarType _type;
    private readonly Device _device;

    /// <summary>Makes a space without slots.</summary>
    /// <param name="capacity">The most rows, at least 1.</param>
    /// <param name="width">D, numbers per row, at least 1.</param>
    /// <param name="type">Single or double precision. Default single.</param>
    /// <param name="device">Where the tensors live. Default the processor.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is below 1.</exception>
    public TorchStateSpace(int capacity, int width, ScalarType type = ScalarType.Float32, Device? device = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        (Capacity, Width, _type, _device) = (capacity, width, type, device ?? CPU);
    }

    /// <inheritdoc/>
    public int Capacity { get; }

    /// <summary>D, numbers per row.</summary>
    public int Width { get; }

    /// <summary>The whole slot, <c>[Capacity, Width]</c>; owned by the space.</summary>
    public Tensor this[int slot] => _slots[slot];

    /// <summary>A view of the first rows of a slot, <c>[rows, Width]</c>; the caller disposes the view.</summary>
    public Tensor Rows(int slot, int rows) => _slots[slot].narrow(0, 0, rows);

    /// <inheritdoc/>
    public int Allocate(int count)
    {
        int first = _slots.Count;
        for (int i = 0; i < count; i++)
        {
            _slots.Add(zeros(Capacity, Width, dtype: _type, device: _device).DetachFromDisposeScope());
        }

        return first;
    }

    /// <inheritdoc/>
    public void InnerProducts(int a, ReadOnlySpan<int> others, Span<double> products, int rows)
    {
        using IDisposable scope = NewDisposeScope();
        using IDisposable detached = no_grad();
        Tensor left = Rows(a, rows).unsqueeze(1);
        var columns = new Tensor[others.Length];
        for (int i = 0; i < others.Length; i++)
        {
            columns[i] = left.bmm(Rows(others[i], rows).unsqueeze(2)).reshape(rows);
        }

        // One transfer for all of them: on an accelerator each would wait for the device.
        Tensor host = stack(columns, 1).to(ScalarType.Float64).cpu();
        host.data<double>().ToArray().CopyTo(products);
    }

    /// <inheritdoc/>
    public void Combine(ReadOnlySpan<int> vectors, ReadOnlySpan<double> weights, int target, int rows)
    {
        using IDisposable scope = NewDisposeScope();
        using IDisposable detached = no_grad();
        Tensor sum = Rows(target, rows);
        int own = vectors.IndexOf(target);
        Scale(sum, own < 0 ? null : Column(weights, own, vectors.Length, rows));
        for (int i = 0; i < vectors.Length; i++)
        {
            if (i == own)
            {
                continue;
            }

            double[] column = Column(weights, i, vectors.Length, rows);
            if (vectors[i] == target)
            {
                throw new ArgumentException($"Slot {target} stands twice among the vectors.", nameof(vectors));
            }

            Add(sum, Rows(vectors[i], rows), column);
        }
    }

    /// <inheritdoc/>
    public void CopyRow(int from, int to, int row)
    {
        using IDisposable scope = NewDisposeScope();
        using IDisposable detached = no_grad();
        _slots[to].narrow(0, row, 1).copy_(_slots[from].narrow(0, row, 1));
    }

    /// <summary>Copies rows of a slot to places of a tensor: one copy for all of them.</summary>
    /// <param name="slot">Where the rows lie.</param>
    /// <param name="rows">From which row to which.</param>
    /// <param name="to"><c>[…, Width]</c>.</param>
    internal void CopyRows(int slot, IReadOnlyList<RowMove> rows, Tensor to)
    {
        using IDisposable scope = NewDisposeScope();
        using IDisposable detached = no_grad();
        bool stay = Enumerable.Range(0, rows.Count).All(i => rows[i] == new RowMove(i, i));
        if (stay)
        {
            to.narrow(0, 0, rows.Count).copy_(Rows(slot, rows.Count));
            return;
        }

        (Tensor sources, Tensor targets) = Indices([.. rows], _device);
        to.index_copy_(0, targets, _slots[slot].index_select(0, sources));
    }

    /// <inheritdoc/>
    public void Move(ReadOnlySpan<RowMove> moves)
    {
        using IDisposable scope = NewDisposeScope();
        using IDisposable detached = no_grad();
        (Tensor from, Tensor to) = Indices(moves, _device);
        foreach (Tensor slot in _slots)
        {
            slot.index_copy_(0, to, slot.index_select(0, from));
        }
    }

    /// <summary>The moves as index tensors, for whatever else is kept per row.</summary>
    internal static (Tensor From, Tensor To) Indices(ReadOnlySpan<RowMove> moves, Device device)
    {
        long[] from = new long[moves.Length];
        long[] to = new long[moves.Length];
        for (int i = 0; i < moves.Length; i++)
        {
            (from[i], to[i]) = (moves[i].From, moves[i].To);
        }

        return (tensor(from, device: device), tensor(to, device: device));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _slots.ForEach(slot => slot.Dispose());
        _slots.Clear();
    }

    private static double[] Column(ReadOnlySpan<double> weights, int column, int columns, int rows)
    {
        double[] values = new double[rows];
        for (int row = 0; row < rows; row++)
        {
            values[row] = weights[(row * columns) + column];
        }

        return values;
    }

    /// <summary>sum ← w·sum, where a weight of 0 replaces whatever was there, NaN included.</summary>
    private void Scale(Tensor sum, double[]? weights)
    {
        if (weights is null || Array.TrueForAll(weights, weight => weight == 0))
        {
            sum.zero_();
        }
        else if (!Array.TrueForAll(weights, weight => weight == 1))
        {
            Tensor factors = Factors(weights);
            sum.mul_(factors);
            ClearWhereZero(sum, weights, factors);
        }
    }

    private void Add(Tensor sum, Tensor vector, double[] weights)
    {
        if (Array.TrueForAll(weights, weight => weight == 0))
        {
            return;
        }

        if (Array.TrueForAll(weights, weight => weight == weights[0]))
        {
            sum.add_(vector, weights[0]);
            return;
        }

        Tensor factors = Factors(weights);
        if (Array.Exists(weights, weight => weight == 0))
        {
            Tensor product = vector.mul(factors);
            ClearWhereZero(product, weights, factors);
            sum.add_(product);
            return;
        }

        sum.addcmul_(vector, factors, 1);
    }

    private static void ClearWhereZero(Tensor rows, double[] weights, Tensor factors)
    {
        if (Array.Exists(weights, weight => weight == 0))
        {
            rows.masked_fill_(factors.eq(0), 0);
        }
    }

    private Tensor Factors(double[] weights) => tensor(weights, dtype: _type, device: _device).unsqueeze(1);
}
