using Deq.Runtime.FixedPoints;
using Deq.Runtime.States;

namespace Deq.Runtime.Onnx;

/// <summary>States in the memory of the device that a model runs on, single precision: the state space of GPUs.</summary>
/// <remarks>
/// Every operation is one run of a small generated graph, so states stay where they are: in go a weight per row and vector, out comes a
/// product per row and vector. A run is bound once per combination of slots and rows and kept. On a processor the device's memory is host
/// memory, and <see cref="HostStateSpace"/> does the same in fewer passes.
/// </remarks>
public sealed class OnnxStateSpace : IStateSpace, IDisposable
{
    private readonly OnnxDevice _device;
    private readonly List<OnnxSlot> _slots = [];
    private readonly BoundRuns<float> _combinations = new();
    private readonly BoundRuns<double> _products = new();
    private readonly BoundRuns<float> _copies = new();
    private readonly BoundRuns<long> _moves = new();

    /// <summary>Makes a space without slots.</summary>
    /// <param name="device">Where the states live; it outlives the space.</param>
    /// <param name="capacity">The most rows, at least 1.</param>
    /// <param name="width">D, numbers per row, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">Either is below 1, or a slot would exceed 2³¹ − 1 bytes.</exception>
    internal OnnxStateSpace(OnnxDevice device, int capacity, int width)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)capacity * width * sizeof(float), Array.MaxLength, nameof(capacity));
        (_device, Capacity, Width) = (device, capacity, width);
    }

    /// <inheritdoc/>
    public int Capacity { get; }

    /// <summary>D, numbers per row.</summary>
    public int Width { get; }

    /// <summary>The matrix behind a slot; owned by the space.</summary>
    internal OnnxSlot this[int slot] => _slots[slot];

    /// <inheritdoc/>
    public int Allocate(int count)
    {
        int first = _slots.Count;
        for (int i = 0; i < count; i++)
        {
            _slots.Add(_device.Allocate(Capacity, Width));
            Clear(first + i, 0, Capacity);
        }

        return first;
    }

    /// <inheritdoc/>
    public void InnerProducts(int a, ReadOnlySpan<int> others, Span<double> products, int rows)
    {
        if (others.IsEmpty)
        {
            return;
        }

        Span<int> key = stackalloc int[2 + others.Length];
        (key[0], key[1]) = (a, rows);
        others.CopyTo(key[2..]);
        if (!_products.TryFind(key, out OnnxBinding? binding, out double[] host))
        {
            host = GC.AllocateArray<double>(rows * others.Length, pinned: true);
            var tensors = new List<BoundTensor>
            {
                View(StateGraphs.Left, a, 0, rows),
                BoundTensor.OnHost(StateGraphs.Result, host.AsMemory(), rows, others.Length),
            };
            AddVectors(tensors, others, 0, rows);
            binding = _device.Products(others.Length, Width).Bind(tensors);
            _products.Add(key, binding, host);
        }

        binding.Run();
        host.CopyTo(products);
    }

    /// <inheritdoc/>
    public void Combine(ReadOnlySpan<int> vectors, ReadOnlySpan<double> weights, int target, int rows)
    {
        Span<int> columns = stackalloc int[vectors.Length];
        columns = columns[..WeightColumns.FindUsed(weights, vectors.Length, rows, columns, out bool hasZeros, out bool areOnes)];
        if (columns.IsEmpty)
        {
            Clear(target, 0, rows);
            return;
        }

        if (areOnes && columns.Length == 1 && vectors[columns[0]] == target)
        {
            return;
        }

        Span<int> used = stackalloc int[columns.Length];
        for (int i = 0; i < used.Length; i++)
        {
            used[i] = vectors[columns[i]];
        }

        OnnxBinding binding = Combination(used, target, 0, rows, hasZeros, out float[] host);
        WeightColumns.Gather(weights, vectors.Length, columns, host);
        binding.Run();
    }

    /// <inheritdoc/>
    public void CopyRow(int from, int to, int row)
    {
        if (!_copies.TryFind([row, from, to], out OnnxBinding? binding, out _))
        {
            binding = _device.Copy.Bind([View(StateGraphs.Left, from, row, 1), View(StateGraphs.Result, to, row, 1)]);
            _copies.Add([row, from, to], binding, []);
        }

        binding.Run();
    }

    /// <inheritdoc/>
    public void Move(ReadOnlySpan<RowMove> moves)
    {
        if (moves.IsEmpty)
        {
            return;
        }

        for (int slot = 0; slot < _slots.Count; slot++)
        {
            OnnxBinding binding = Moves(slot, moves.Length, out long[] host);
            for (int i = 0; i < moves.Length; i++)
            {
                (host[i], host[moves.Length + i]) = (moves[i].From, moves[i].To);
            }

            binding.Run();
        }
    }

    /// <summary>Sets some rows of a slot to 0.</summary>
    public void Clear(int slot, int first, int rows)
    {
        OnnxBinding binding = Combination([slot], slot, first, rows, skipsZeros: true, out float[] host);
        host.AsSpan().Clear();
        binding.Run();
    }

    /// <summary>Brings one row of a slot to the host, <c>[Width]</c>. For starts and results, not for a solve.</summary>
    public void Read(int slot, int row, Span<float> values)
    {
        OnnxBinding binding = Transfer(slot, row, isRead: true, out float[] host);
        binding.Run();
        host.CopyTo(values);
    }

    /// <summary>Sends one row of a slot from the host, <c>[Width]</c>.</summary>
    /// <exception cref="ArgumentException">The values are of another length.</exception>
    public void Write(int slot, int row, ReadOnlySpan<float> values)
    {
        if (values.Length != Width)
        {
            throw new ArgumentException($"The row has {values.Length} numbers; the space needs {Width}.", nameof(values));
        }

        OnnxBinding binding = Transfer(slot, row, isRead: false, out float[] host);
        values.CopyTo(host);
        binding.Run();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _combinations.Dispose();
        _products.Dispose();
        _copies.Dispose();
        _moves.Dispose();
        _slots.ForEach(slot => slot.Dispose());
        _slots.Clear();
    }

    private OnnxBinding Combination(ReadOnlySpan<int> vectors, int target, int first, int rows, bool skipsZeros, out float[] host)
    {
        Span<int> key = stackalloc int[4 + vectors.Length];
        (key[0], key[1], key[2], key[3]) = (target, first, rows, skipsZeros ? 1 : 0);
        vectors.CopyTo(key[4..]);
        if (!_combinations.TryFind(key, out OnnxBinding? binding, out host))
        {
            host = GC.AllocateArray<float>(rows * vectors.Length, pinned: true);
            var tensors = new List<BoundTensor>
            {
                BoundTensor.OnHost(StateGraphs.Weights, host.AsMemory(), rows, vectors.Length),
                View(StateGraphs.Result, target, first, rows),
            };
            AddVectors(tensors, vectors, first, rows);
            binding = _device.Combination(vectors.Length, skipsZeros).Bind(tensors);
            _combinations.Add(key, binding, host);
        }

        return binding;
    }

    private OnnxBinding Moves(int slot, int count, out long[] host)
    {
        if (!_moves.TryFind([slot, count], out OnnxBinding? binding, out host))
        {
            host = GC.AllocateArray<long>(2 * count, pinned: true);
            binding = _device.Moves.Bind(
            [
                View(StateGraphs.Left, slot, 0, Capacity),
                BoundTensor.OnHost(StateGraphs.Sources, host.AsMemory(0, count), count),
                BoundTensor.OnHost(StateGraphs.Targets, host.AsMemory(count), count, 1),
                View(StateGraphs.Result, slot, 0, Capacity),
            ]);
            _moves.Add([slot, count], binding, host);
        }

        return binding;
    }

    private OnnxBinding Transfer(int slot, int row, bool isRead, out float[] host)
    {
        ReadOnlySpan<int> key = [row, slot, slot, isRead ? 1 : 0];
        if (!_copies.TryFind(key, out OnnxBinding? binding, out host))
        {
            host = GC.AllocateArray<float>(Width, pinned: true);
            (string here, string there) = isRead ? (StateGraphs.Left, StateGraphs.Result) : (StateGraphs.Result, StateGraphs.Left);
            binding = _device.Copy.Bind([View(here, slot, row, 1), BoundTensor.OnHost(there, host.AsMemory(), 1, Width)]);
            _copies.Add(key, binding, host);
        }

        return binding;
    }

    private void AddVectors(List<BoundTensor> tensors, ReadOnlySpan<int> vectors, int first, int rows)
    {
        for (int i = 0; i < vectors.Length; i++)
        {
            tensors.Add(View(StateGraphs.Vector(i), vectors[i], first, rows));
        }
    }

    private BoundTensor View(string name, int slot, int first, int rows) =>
        BoundTensor.OnDevice(name, _slots[slot].View(first, rows, Width));
}
