using Deq.Export.Torch;
using Deq.Runtime.FixedPoints;
using static TorchSharp.torch;

namespace Deq.Export.Solving;

/// <summary>States as TorchSharp tensors, on any device, in single or double precision: the state space of training.</summary>
/// <remarks>Slots are tensors <c>[Capacity, Width]</c> that live as long as the space. No gradient flows through any operation.</remarks>
internal sealed partial class TorchStateSpace : IStateSpace, IDisposable
{
    private readonly List<Tensor> _slots = [];
    private readonly ScalarType _type;
    private readonly Device _device;
    private readonly bool _isOnHost;

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
        _isOnHost = _device.type == TorchSharp.DeviceType.CPU;
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
        Tensor left = Rows(a, rows);
        var columns = new Tensor[others.Length];
        for (int i = 0; i < others.Length; i++)
        {
            columns[i] = Product(left, Rows(others[i], rows), rows);
        }

        Fetch(columns).CopyTo(products);
    }

    /// <inheritdoc/>
    public void Combine(ReadOnlySpan<int> vectors, ReadOnlySpan<double> weights, int target, int rows)
    {
        using IDisposable scope = NewDisposeScope();
        using IDisposable detached = no_grad();
        Tensor sum = Rows(target, rows);
        int own = vectors.IndexOf(target);
        var factors = new Factors(weights, vectors.Length, rows, _type, _device);
        Scale(sum, ref factors, own);
        for (int i = 0; i < vectors.Length; i++)
        {
            if (i == own)
            {
                continue;
            }

            if (vectors[i] == target)
            {
                throw new ArgumentException($"Slot {target} stands twice among the vectors.", nameof(vectors));
            }

            Add(sum, Rows(vectors[i], rows), ref factors, i);
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

    /// <summary>sum ← w·sum, where a weight of 0 replaces whatever was there, NaN included.</summary>
    private static void Scale(Tensor sum, ref Factors factors, int own)
    {
        if (own < 0 || factors.AreAll(own, 0))
        {
            sum.zero_();
        }
        else if (!factors.AreAll(own, 1))
        {
            Tensor column = factors.Column(own);
            sum.mul_(column);
            ClearWhereZero(sum, factors, own, column);
        }
    }

    private static void Add(Tensor sum, Tensor vector, ref Factors factors, int place)
    {
        if (factors.AreAll(place, 0))
        {
            return;
        }

        if (factors.AreAll(place, factors[0, place]))
        {
            sum.add_(vector, HeldScalar.Of(factors[0, place]));
            return;
        }

        Tensor column = factors.Column(place);
        if (factors.HasZero(place))
        {
            Tensor product = vector.mul(column);
            ClearWhereZero(product, factors, place, column);
            sum.AddInPlace(product);
            return;
        }

        sum.addcmul_(vector, column, HeldScalar.Of(1));
    }

    private static void ClearWhereZero(Tensor rows, Factors factors, int place, Tensor column)
    {
        if (factors.HasZero(place))
        {
            rows.masked_fill_(column.eq(HeldScalar.Of(0)), HeldScalar.Of(0));
        }
    }

    /// <summary>The weights of a combination, on the host and, where a column needs it, on the device: all columns in one transfer.</summary>
    private ref struct Factors(ReadOnlySpan<double> weights, int columns, int rows, ScalarType type, Device device)
    {
        private readonly ReadOnlySpan<double> _weights = weights[..(rows * columns)];
        private Tensor? _all;

        public readonly double this[int row, int column] => _weights[(row * columns) + column];

        public readonly bool AreAll(int column, double weight)
        {
            for (int place = column; place < _weights.Length; place += columns)
            {
                if (_weights[place] != weight)
                {
                    return false;
                }
            }

            return true;
        }

        public readonly bool HasZero(int column)
        {
            for (int place = column; place < _weights.Length; place += columns)
            {
                if (_weights[place] == 0)
                {
                    return true;
                }
            }

            return false;
        }

        /// <summary>A column as factors of rows, <c>[rows, 1]</c>.</summary>
        public Tensor Column(int column)
        {
            _all ??= tensor(_weights.ToArray(), [rows, columns], dtype: type, device: device);
            return _all.narrow(1, column, 1);
        }
    }
}
