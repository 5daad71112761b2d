using System.Numerics.Tensors;

namespace Deq.Runtime.Tasks.Restoration;

/// <summary>Where the pixels of a measured picture lie in the plane that is solved for, and the window they are sums over.</summary>
/// <param name="Width">Of the plane, pixels.</param>
/// <param name="Factor">Pixels of the plane from one measured pixel to the next.</param>
/// <param name="Top">Row of the first measured pixel.</param>
/// <param name="Left">Its column.</param>
/// <param name="Rows">Of the measured picture.</param>
/// <param name="Columns">Of the measured picture.</param>
internal readonly record struct MeasuredGrid(int Width, int Factor, int Top, int Left, int Rows, int Columns)
{
    /// <summary>y = Hz.</summary>
    /// <param name="z">The plane; the windows of all measured pixels lie in it.</param>
    /// <param name="taps"><c>[size, size]</c>.</param>
    /// <param name="size">Odd.</param>
    /// <param name="measured">Receives <c>[Rows, Columns]</c>.</param>
    public void Gather(ReadOnlySpan<float> z, ReadOnlySpan<float> taps, int size, Span<float> measured)
    {
        measured.Clear();
        for (int tap = 0; tap < taps.Length; tap++)
        {
            if (taps[tap] == 0)
            {
                continue;
            }

            for (int row = 0; row < Rows; row++)
            {
                int from = Place(row, tap, size);
                Span<float> sums = measured.Slice(row * Columns, Columns);
                if (Factor == 1)
                {
                    TensorPrimitives.MultiplyAdd(z.Slice(from, Columns), taps[tap], sums, sums);
                    continue;
                }

                for (int column = 0; column < sums.Length; column++)
                {
                    sums[column] += taps[tap] * z[from + (Factor * column)];
                }
            }
        }
    }

    /// <summary>target += scale·Hᵀy.</summary>
    /// <param name="measured"><c>[Rows, Columns]</c>.</param>
    /// <param name="taps"><c>[size, size]</c>.</param>
    /// <param name="size">Odd.</param>
    /// <param name="scale">Of what is added.</param>
    /// <param name="target">A plane.</param>
    public void Scatter(ReadOnlySpan<float> measured, ReadOnlySpan<float> taps, int size, float scale, Span<float> target)
    {
        for (int tap = 0; tap < taps.Length; tap++)
        {
            float weight = scale * taps[tap];
            if (weight == 0)
            {
                continue;
            }

            for (int row = 0; row < Rows; row++)
            {
                int to = Place(row, tap, size);
                ReadOnlySpan<float> values = measured.Slice(row * Columns, Columns);
                if (Factor == 1)
                {
                    Span<float> sums = target.Slice(to, Columns);
                    TensorPrimitives.MultiplyAdd(values, weight, sums, sums);
                    continue;
                }

                for (int column = 0; column < values.Length; column++)
                {
                    target[to + (Factor * column)] += weight * values[column];
                }
            }
        }
    }

    private int Place(int row, int tap, int size) =>
        ((Top + (Factor * row) + (tap / size) - (size / 2)) * Width) + Left + (tap % size) - (size / 2);
}
