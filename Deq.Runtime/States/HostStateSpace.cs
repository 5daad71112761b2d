using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Deq.Runtime.FixedPoints;

namespace Deq.Runtime.States;

/// <summary>States in host memory, single precision, one pinned array per slot.</summary>
/// <remarks>
/// Vectors are walked in blocks that stay in the first-level cache, so each vector of an operation is read from memory once. Inner
/// products are accumulated in single precision within a block and in double across blocks.
/// </remarks>
public sealed unsafe class HostStateSpace : IStateSpace
{
    /// <summary>Numbers per block: the block that all the others meet and one more share a 32 KiB cache.</summary>
    private const int Block = 2048;

    private readonly List<float[]> _slots = [];
    private readonly BlockArithmetic _blocks;

    /// <summary>Whether the last measurement went from the last row to the first. Each pass goes against the one before: what that touched last is in the cache still.</summary>
    private bool _descends;

    /// <summary>Makes a space without slots.</summary>
    /// <param name="capacity">The most rows, at least 1.</param>
    /// <param name="width">D, numbers per row, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">Either is below 1, or a slot would exceed 2³¹ − 1 numbers.</exception>
    public HostStateSpace(int capacity, int width)
        : this(capacity, width, Vector512.IsHardwareAccelerated)
    {
    }

    /// <summary>As the public constructor, by a given arithmetic.</summary>
    internal HostStateSpace(int capacity, int width, bool isWide)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)capacity * width, Array.MaxLength, nameof(capacity));
        (Capacity, Width, _blocks) = (capacity, width, new(isWide));
    }

    /// <inheritdoc/>
    public int Capacity { get; }

    /// <summary>D, numbers per row.</summary>
    public int Width { get; }

    /// <summary>The memory of all slots.</summary>
    public long Bytes => (long)_slots.Count * Capacity * Width * sizeof(float);

    /// <summary>The array behind a slot, <c>[Capacity, Width]</c> row by row: the same array for the life of the space, never moved by the collector.</summary>
    public float[] this[int slot] => _slots[slot];

    /// <summary>One row of a slot, <c>[Width]</c>.</summary>
    public Span<float> Row(int slot, int row) => _slots[slot].AsSpan(row * Width, Width);

    /// <inheritdoc/>
    public int Allocate(int count)
    {
        int first = _slots.Count;
        for (int i = 0; i < count; i++)
        {
            _slots.Add(GC.AllocateArray<float>(Capacity * Width, pinned: true));
        }

        return first;
    }

    /// <inheritdoc/>
    public void InnerProducts(int a, ReadOnlySpan<int> others, Span<double> products, int rows)
    {
        Span<nint> vectors = stackalloc nint[others.Length];
        products[..(rows * others.Length)].Clear();
        for (int row = 0; row < rows; row++)
        {
            Locate(others, row, vectors);
            for (int start = 0; start < Width; start += Block)
            {
                _blocks.AddProducts(Address(a, row) + start, vectors, products.Slice(row * others.Length, others.Length), start, Length(start));
            }
        }
    }

    /// <inheritdoc/>
    public void Combine(ReadOnlySpan<int> vectors, ReadOnlySpan<double> weights, int target, int rows)
    {
        Span<nint> read = stackalloc nint[vectors.Length];
        Span<float> factors = stackalloc float[vectors.Length];
        for (int i = 0; i < rows; i++)
        {
            int row = _descends ? i : rows - 1 - i;
            int count = Select(vectors, weights.Slice(row * vectors.Length, vectors.Length), row, read, factors);
            if (count == 1 && factors[0] == 1 && read[0] == (nint)Address(target, row))
            {
                continue;
            }

            for (int start = 0; start < Width; start += Block)
            {
                _blocks.Combine(read[..count], factors[..count], Address(target, row), start, Length(start));
            }
        }
    }

    /// <inheritdoc/>
    public void Measure(int z, int fz, int difference, bool keep, ReadOnlySpan<int> others, Span<double> products, Span<double> magnitudes, int rows)
    {
        float* passing = stackalloc float[keep || others.IsEmpty ? 1 : Block];
        float* unkept = others.IsEmpty ? null : passing;
        Span<nint> vectors = stackalloc nint[others.Length];
        products[..(rows * (1 + others.Length))].Clear();
        magnitudes[..rows].Clear();
        _descends = !_descends;
        for (int i = 0; i < rows; i++)
        {
            int row = _descends ? rows - 1 - i : i;
            Locate(others, row, vectors);
            Span<double> sums = products.Slice(row * (1 + others.Length), 1 + others.Length);
            for (int start = 0; start < Width; start += Block)
            {
                float* result = keep ? Address(difference, row) + start : unkept;
                (float differenceSquared, float mappedSquared) = _blocks.Measure(Address(z, row) + start, Address(fz, row) + start, result, Length(start));
                sums[0] += differenceSquared;
                magnitudes[row] += mappedSquared;
                _blocks.AddProducts(result, vectors, sums[1..], start, Length(start));
            }
        }
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Of rows of 16,384 numbers or more an eighth is kept, of 32,768 or more a sixteenth, the kept numbers side by side, so that products read that
    /// much less. See <see cref="SampledTiles"/> for which.
    /// </remarks>
    public void MeasureSampled(
        int z, int fz, int difference, ReadOnlySpan<int> others, Span<double> products, Span<double> squares, Span<double> magnitudes, int rows)
    {
        if (Width < SampledTiles.SmallestWidth)
        {
            this.MeasureExactly(z, fz, difference, keep: true, others, products, squares, magnitudes, rows);
            return;
        }

        int stride = SampledTiles.StrideOf(Width);
        Span<nint> vectors = stackalloc nint[1 + others.Length];
        products[..(rows * vectors.Length)].Clear();
        squares[..rows].Clear();
        magnitudes[..rows].Clear();
        _descends = !_descends;
        for (int i = 0; i < rows; i++)
        {
            int row = _descends ? rows - 1 - i : i;
            float* kept = Address(difference, row);
            vectors[0] = (nint)kept;
            Locate(others, row, vectors[1..]);
            Span<double> sums = products.Slice(row * vectors.Length, vectors.Length);
            int count = 0;
            for (int start = 0; start < Width; start += Block)
            {
                float* before = Address(z, row) + start;
                float* after = Address(fz, row) + start;
                (float differenceSquared, float mappedSquared) = _blocks.Measure(before, after, null, Length(start));
                squares[row] += differenceSquared;
                magnitudes[row] += mappedSquared;
                count += SampledTiles.Gather(before, after, kept + count, start, Length(start), stride);
            }

            for (int start = 0; start < count; start += Block)
            {
                _blocks.AddProducts(kept + start, vectors, sums, start, Math.Min(Block, count - start));
            }

            SampledTiles.Scale(sums, stride);
        }
    }

    /// <inheritdoc/>
    public void Step(ReadOnlySpan<int> vectors, ReadOnlySpan<double> weights, int step, int z, ReadOnlySpan<int> others, Span<double> products, int rows)
    {
        Span<nint> read = stackalloc nint[vectors.Length];
        Span<float> factors = stackalloc float[vectors.Length];
        Span<nint> multiplied = stackalloc nint[others.Length];
        products[..(rows * others.Length)].Clear();
        for (int i = 0; i < rows; i++)
        {
            int row = _descends ? i : rows - 1 - i;
            int count = Select(vectors, weights.Slice(row * vectors.Length, vectors.Length), row, read, factors);
            Locate(others, row, multiplied);
            for (int start = 0; start < Width; start += Block)
            {
                _blocks.Combine(read[..count], factors[..count], Address(step, row), start, Length(start));
                _blocks.AddProducts(Address(step, row) + start, multiplied, products.Slice(row * others.Length, others.Length), start, Length(start));
                Span<float> moved = Row(z, row).Slice(start, Length(start));
                TensorPrimitives.Add(moved, Row(step, row).Slice(start, moved.Length), moved);
            }
        }
    }

    /// <inheritdoc/>
    public void CopyRow(int from, int to, int row) => Row(from, row).CopyTo(Row(to, row));

    /// <inheritdoc/>
    public void Move(ReadOnlySpan<RowMove> moves)
    {
        foreach (float[] slot in _slots)
        {
            foreach (RowMove move in moves)
            {
                slot.AsSpan(move.From * Width, Width).CopyTo(slot.AsSpan(move.To * Width, Width));
            }
        }
    }

    /// <summary>The vectors of weight other than 0, in their order.</summary>
    private int Select(ReadOnlySpan<int> vectors, ReadOnlySpan<double> weights, int row, Span<nint> read, Span<float> factors)
    {
        int count = 0;
        for (int i = 0; i < vectors.Length; i++)
        {
            if (weights[i] != 0)
            {
                read[count] = (nint)Address(vectors[i], row);
                factors[count++] = (float)weights[i];
            }
        }

        return count;
    }

    private void Locate(ReadOnlySpan<int> slots, int row, Span<nint> addresses)
    {
        for (int i = 0; i < slots.Length; i++)
        {
            addresses[i] = (nint)Address(slots[i], row);
        }
    }

    /// <summary>Slots are pinned, so an address stays true while the space lives.</summary>
    private float* Address(int slot, int row) =>
        (float*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_slots[slot])) + ((long)row * Width);

    private int Length(int start) => Math.Min(Block, Width - start);
}
