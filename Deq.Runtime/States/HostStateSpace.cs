using System.Numerics.Tensors;
using Deq.Runtime.FixedPoints;

namespace Deq.Runtime.States;

/// <summary>States in host memory, single precision, one pinned array per slot.</summary>
/// <remarks>
/// Vectors are walked in blocks that stay in the first-level cache, so each vector of a combination or of a set of inner products is
/// read once. Inner products are accumulated in single precision within a block and in double across blocks.
/// </remarks>
public sealed class HostStateSpace : IStateSpace
{
    /// <summary>Numbers per block: the target block and one vector's block share a 32 KiB cache.</summary>
    private const int Block = 2048;

    private readonly List<float[]> _slots = [];

    /// <summary>Makes a space without slots.</summary>
    /// <param name="capacity">The most rows, at least 1.</param>
    /// <param name="width">D, numbers per row, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">Either is below 1, or a slot would exceed 2³¹ − 1 numbers.</exception>
    public HostStateSpace(int capacity, int width)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)capacity * width, Array.MaxLength, nameof(capacity));
        (Capacity, Width) = (capacity, width);
    }

    /// <inheritdoc/>
    public int Capacity { get; }

    /// <summary>D, numbers per row.</summary>
    public int Width { get; }

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
        products[..(rows * others.Length)].Clear();
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<float> vector = Row(a, row);
            Span<double> sums = products.Slice(row * others.Length, others.Length);
            for (int start = 0; start < Width; start += Block)
            {
                int length = Math.Min(Block, Width - start);
                ReadOnlySpan<float> block = vector.Slice(start, length);
                for (int i = 0; i < others.Length; i++)
                {
                    sums[i] += TensorPrimitives.Dot(block, Row(others[i], row).Slice(start, length));
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Combine(ReadOnlySpan<int> vectors, ReadOnlySpan<double> weights, int target, int rows)
    {
        Span<float> sum = stackalloc float[Block];
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<double> rowWeights = weights.Slice(row * vectors.Length, vectors.Length);
            if (IsIdentity(vectors, rowWeights, target))
            {
                continue;
            }

            Span<float> result = Row(target, row);
            for (int start = 0; start < Width; start += Block)
            {
                int length = Math.Min(Block, Width - start);
                CombineBlock(vectors, rowWeights, row, start, sum[..length]);
                sum[..length].CopyTo(result[start..]);
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

    private static bool IsIdentity(ReadOnlySpan<int> vectors, ReadOnlySpan<double> weights, int target)
    {
        bool kept = false;
        for (int i = 0; i < vectors.Length; i++)
        {
            if (weights[i] == 0)
            {
                continue;
            }

            if (vectors[i] != target || weights[i] != 1 || kept)
            {
                return false;
            }

            kept = true;
        }

        return kept;
    }

    private void CombineBlock(ReadOnlySpan<int> vectors, ReadOnlySpan<double> weights, int row, int start, Span<float> sum)
    {
        bool empty = true;
        for (int i = 0; i < vectors.Length; i++)
        {
            if (weights[i] == 0)
            {
                continue;
            }

            ReadOnlySpan<float> vector = Row(vectors[i], row).Slice(start, sum.Length);
            if (empty)
            {
                TensorPrimitives.Multiply(vector, (float)weights[i], sum);
            }
            else
            {
                TensorPrimitives.MultiplyAdd(vector, (float)weights[i], sum, sum);
            }

            empty = false;
        }

        if (empty)
        {
            sum.Clear();
        }
    }
}
