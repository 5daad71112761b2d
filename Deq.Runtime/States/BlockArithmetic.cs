namespace Deq.Runtime.States;

/// <summary>The arithmetic of one block of numbers: 512 bits at a time, or portable.</summary>
/// <param name="isWide">Whether by 512 bits.</param>
internal readonly unsafe struct BlockArithmetic(bool isWide)
{
    /// <inheritdoc cref="WideBlocks.Combine"/>
    public void Combine(ReadOnlySpan<nint> vectors, ReadOnlySpan<float> weights, float* target, int start, int length)
    {
        if (isWide)
        {
            WideBlocks.Combine(vectors, weights, target, start, length);
        }
        else
        {
            PortableBlocks.Combine(vectors, weights, target, start, length);
        }
    }

    /// <inheritdoc cref="WideBlocks.Measure"/>
    public (float Difference, float Mapped) Measure(float* z, float* fz, float* difference, int length) => isWide
        ? WideBlocks.Measure(z, fz, difference, length)
        : PortableBlocks.Measure(z, fz, difference, length);

    /// <inheritdoc cref="WideBlocks.AddProducts"/>
    public void AddProducts(float* a, ReadOnlySpan<nint> others, Span<double> sums, int start, int length)
    {
        if (isWide)
        {
            WideBlocks.AddProducts(a, others, sums, start, length);
        }
        else
        {
            PortableBlocks.AddProducts(a, others, sums, start, length);
        }
    }
}
