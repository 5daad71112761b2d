using System.Numerics.Tensors;

namespace Deq.Runtime.Tasks.Restoration;

/// <summary>Kernels that are the product of a column and a row, such as Gaussians and those of shrinking: a window of n × n taps is then two sums of n.</summary>
internal static class SeparableTaps
{
    // Of the largest tap: some roundings in single precision.
    private const float Tolerance = 1e-6f;

    /// <summary>Finds the two; false where there are none.</summary>
    /// <param name="taps"><c>[size, size]</c>.</param>
    /// <param name="size">Odd.</param>
    /// <param name="down">Receives the column in its first numbers; holds <see cref="BlurKernel.MostSize"/>.</param>
    /// <param name="across">Receives the row, likewise.</param>
    public static bool Find(ReadOnlySpan<float> taps, int size, Span<float> down, Span<float> across)
    {
        int largest = TensorPrimitives.IndexOfMaxMagnitude(taps);
        float most = taps[largest];
        if (size > down.Length || most == 0)
        {
            return false;
        }

        (int top, int left) = (largest / size, largest % size);
        for (int i = 0; i < size; i++)
        {
            (down[i], across[i]) = (taps[(i * size) + left], taps[(top * size) + i] / most);
        }

        for (int tap = 0; tap < taps.Length; tap++)
        {
            if (!(Math.Abs(taps[tap] - (down[tap / size] * across[tap % size])) <= Tolerance * Math.Abs(most)))
            {
                return false;
            }
        }

        return true;
    }
}
