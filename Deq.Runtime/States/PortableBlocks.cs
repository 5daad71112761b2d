using System.Numerics.Tensors;

namespace Deq.Runtime.States;

/// <summary>The twin of <see cref="WideBlocks"/> over <see cref="TensorPrimitives"/>, which has code for every processor and none.</summary>
internal static unsafe class PortableBlocks
{
    /// <inheritdoc cref="WideBlocks.Combine"/>
    public static void Combine(ReadOnlySpan<nint> vectors, ReadOnlySpan<float> weights, float* target, int start, int length)
    {
        Span<float> sum = stackalloc float[length];
        sum.Clear();
        for (int i = 0; i < vectors.Length; i++)
        {
            var vector = new ReadOnlySpan<float>((float*)vectors[i] + start, length);
            TensorPrimitives.MultiplyAdd(vector, weights[i], sum, sum);
        }

        sum.CopyTo(new Span<float>(target + start, length));
    }

    /// <inheritdoc cref="WideBlocks.Measure"/>
    public static (float Difference, float Mapped) Measure(float* z, float* fz, float* difference, int length)
    {
        var mapped = new ReadOnlySpan<float>(fz, length);
        Span<float> result = difference is null ? stackalloc float[length] : new Span<float>(difference, length);
        TensorPrimitives.Subtract(mapped, new ReadOnlySpan<float>(z, length), result);
        return (TensorPrimitives.Dot<float>(result, result), TensorPrimitives.Dot(mapped, mapped));
    }

    /// <inheritdoc cref="WideBlocks.AddProducts"/>
    public static void AddProducts(float* a, ReadOnlySpan<nint> others, Span<double> sums, int start, int length)
    {
        for (int i = 0; i < others.Length; i++)
        {
            sums[i] += TensorPrimitives.Dot(new ReadOnlySpan<float>(a, length), new ReadOnlySpan<float>((float*)others[i] + start, length));
        }
    }
}
