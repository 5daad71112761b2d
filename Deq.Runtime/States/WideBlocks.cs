using System.Runtime.Intrinsics;

namespace Deq.Runtime.States;

/// <summary>The arithmetic of one block of a row in vectors of 512 bits: each number is read once and sums stay in registers.</summary>
/// <remarks>
/// A number's rounding depends on its place in the block and on the vectors named before its own, never on how many there are, so that a
/// row in company of longer histories has the same bits as alone. Its twin for other processors is <see cref="PortableBlocks"/>.
/// </remarks>
internal static unsafe class WideBlocks
{
    private const int Lanes = 16;
    private const int Tile = 4 * Lanes;

    /// <summary>target ← Σ w_i·v_i. The target may be one of the vectors: it is written only after all were read.</summary>
    /// <param name="vectors">Addresses of the rows v_i.</param>
    /// <param name="weights">w_i, as many.</param>
    /// <param name="target">The row that receives the sum.</param>
    /// <param name="start">Where the block begins in every row.</param>
    /// <param name="length">Its numbers.</param>
    public static void Combine(ReadOnlySpan<nint> vectors, ReadOnlySpan<float> weights, float* target, int start, int length)
    {
        int end = start + length;
        int at = start;
        for (; at <= end - Tile; at += Tile)
        {
            Vector512<float> a = default;
            Vector512<float> b = default;
            Vector512<float> c = default;
            Vector512<float> d = default;
            for (int i = 0; i < vectors.Length; i++)
            {
                float* vector = (float*)vectors[i] + at;
                Vector512<float> weight = Vector512.Create(weights[i]);
                a = Vector512.FusedMultiplyAdd(weight, Vector512.Load(vector), a);
                b = Vector512.FusedMultiplyAdd(weight, Vector512.Load(vector + Lanes), b);
                c = Vector512.FusedMultiplyAdd(weight, Vector512.Load(vector + (2 * Lanes)), c);
                d = Vector512.FusedMultiplyAdd(weight, Vector512.Load(vector + (3 * Lanes)), d);
            }

            a.Store(target + at);
            b.Store(target + at + Lanes);
            c.Store(target + at + (2 * Lanes));
            d.Store(target + at + (3 * Lanes));
        }

        for (; at < end; at++)
        {
            float sum = 0;
            for (int i = 0; i < vectors.Length; i++)
            {
                sum = MathF.FusedMultiplyAdd(weights[i], ((float*)vectors[i])[at], sum);
            }

            target[at] = sum;
        }
    }

    /// <summary>difference ← fz − z, where it is wanted.</summary>
    /// <param name="z">A block.</param>
    /// <param name="fz">A block.</param>
    /// <param name="difference">The block that receives the difference; none of the others, or null.</param>
    /// <param name="length">Their numbers.</param>
    /// <returns>‖difference‖² and ‖fz‖² of the block.</returns>
    public static (float Difference, float Mapped) Measure(float* z, float* fz, float* difference, int length)
    {
        Vector512<float> evenDifference = default;
        Vector512<float> oddDifference = default;
        Vector512<float> evenMapped = default;
        Vector512<float> oddMapped = default;
        int at = 0;
        for (; at <= length - (2 * Lanes); at += 2 * Lanes)
        {
            Vector512<float> even = Vector512.Load(fz + at);
            Vector512<float> odd = Vector512.Load(fz + at + Lanes);
            evenMapped = Vector512.FusedMultiplyAdd(even, even, evenMapped);
            oddMapped = Vector512.FusedMultiplyAdd(odd, odd, oddMapped);
            even -= Vector512.Load(z + at);
            odd -= Vector512.Load(z + at + Lanes);
            if (difference is not null)
            {
                even.Store(difference + at);
                odd.Store(difference + at + Lanes);
            }

            evenDifference = Vector512.FusedMultiplyAdd(even, even, evenDifference);
            oddDifference = Vector512.FusedMultiplyAdd(odd, odd, oddDifference);
        }

        float differenceSquared = Vector512.Sum(evenDifference + oddDifference);
        float mappedSquared = Vector512.Sum(evenMapped + oddMapped);
        for (; at < length; at++)
        {
            float change = fz[at] - z[at];
            differenceSquared += change * change;
            mappedSquared += fz[at] * fz[at];
            if (difference is not null)
            {
                difference[at] = change;
            }
        }

        return (differenceSquared, mappedSquared);
    }

    /// <summary>sums_i ← sums_i + ⟨a, b_i⟩ over the block, four vectors at a time so that a is read from registers.</summary>
    /// <param name="a">A block.</param>
    /// <param name="others">Addresses of the rows b_i.</param>
    /// <param name="sums">As many.</param>
    /// <param name="start">Where the block begins in the rows b_i.</param>
    /// <param name="length">Its numbers.</param>
    public static void AddProducts(float* a, ReadOnlySpan<nint> others, Span<double> sums, int start, int length)
    {
        int i = 0;
        for (; i <= others.Length - 4; i += 4)
        {
            AddFourProducts(a, others.Slice(i, 4), sums.Slice(i, 4), start, length);
        }

        for (; i < others.Length; i++)
        {
            float* other = (float*)others[i] + start;
            Vector512<float> sum = default;
            int at = 0;
            for (; at <= length - Lanes; at += Lanes)
            {
                sum = Vector512.FusedMultiplyAdd(Vector512.Load(a + at), Vector512.Load(other + at), sum);
            }

            sums[i] += Vector512.Sum(sum) + Rest(a, other, at, length);
        }
    }

    private static void AddFourProducts(float* a, ReadOnlySpan<nint> others, Span<double> sums, int start, int length)
    {
        float* first = (float*)others[0] + start;
        float* second = (float*)others[1] + start;
        float* third = (float*)others[2] + start;
        float* fourth = (float*)others[3] + start;
        Vector512<float> firstSum = default;
        Vector512<float> secondSum = default;
        Vector512<float> thirdSum = default;
        Vector512<float> fourthSum = default;
        int at = 0;
        for (; at <= length - Lanes; at += Lanes)
        {
            Vector512<float> block = Vector512.Load(a + at);
            firstSum = Vector512.FusedMultiplyAdd(block, Vector512.Load(first + at), firstSum);
            secondSum = Vector512.FusedMultiplyAdd(block, Vector512.Load(second + at), secondSum);
            thirdSum = Vector512.FusedMultiplyAdd(block, Vector512.Load(third + at), thirdSum);
            fourthSum = Vector512.FusedMultiplyAdd(block, Vector512.Load(fourth + at), fourthSum);
        }

        sums[0] += Vector512.Sum(firstSum) + Rest(a, first, at, length);
        sums[1] += Vector512.Sum(secondSum) + Rest(a, second, at, length);
        sums[2] += Vector512.Sum(thirdSum) + Rest(a, third, at, length);
        sums[3] += Vector512.Sum(fourthSum) + Rest(a, fourth, at, length);
    }

    private static float Rest(float* a, float* b, int at, int length)
    {
        float sum = 0;
        for (; at < length; at++)
        {
            sum += a[at] * b[at];
        }

        return sum;
    }
}
