using System.Buffers;
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
        Span<float> down = stackalloc float[BlurKernel.MostSize], across = stackalloc float[BlurKernel.MostSize];
        float[]? line = SeparableTaps.Find(taps, size, down, across) ? ArrayPool<float>.Shared.Rent(Reach(size)) : null;
        for (int row = 0; row < Rows; row++)
        {
            Span<float> sums = measured.Slice(row * Columns, Columns);
            if (line is null)
            {
                for (int tap = 0; tap < taps.Length; tap++)
                {
                    AddSpread(z[Place(row, tap, size)..], taps[tap], sums);
                }

                continue;
            }

            Span<float> summed = line.AsSpan(0, Reach(size));
            summed.Clear();
            for (int tap = 0; tap < size; tap++)
            {
                Add(z.Slice(Place(row, tap * size, size), summed.Length), down[tap], summed);
            }

            for (int tap = 0; tap < size; tap++)
            {
                AddSpread(summed[tap..], across[tap], sums);
            }
        }

        Return(line);
    }

    /// <summary>target += scale·Hᵀy.</summary>
    /// <param name="measured"><c>[Rows, Columns]</c>.</param>
    /// <param name="taps"><c>[size, size]</c>.</param>
    /// <param name="size">Odd.</param>
    /// <param name="scale">Of what is added.</param>
    /// <param name="target">A plane.</param>
    public void Scatter(ReadOnlySpan<float> measured, ReadOnlySpan<float> taps, int size, float scale, Span<float> target)
    {
        Span<float> down = stackalloc float[BlurKernel.MostSize], across = stackalloc float[BlurKernel.MostSize];
        float[]? line = SeparableTaps.Find(taps, size, down, across) ? ArrayPool<float>.Shared.Rent(Reach(size)) : null;
        for (int row = 0; row < Rows; row++)
        {
            ReadOnlySpan<float> values = measured.Slice(row * Columns, Columns);
            if (line is null)
            {
                for (int tap = 0; tap < taps.Length; tap++)
                {
                    Spread(values, scale * taps[tap], target[Place(row, tap, size)..]);
                }

                continue;
            }

            Span<float> spread = line.AsSpan(0, Reach(size));
            spread.Clear();
            for (int tap = 0; tap < size; tap++)
            {
                Spread(values, across[tap], spread[tap..]);
            }

            for (int tap = 0; tap < size; tap++)
            {
                Add(spread, scale * down[tap], target.Slice(Place(row, tap * size, size), spread.Length));
            }
        }

        Return(line);
    }

    private static void Return(float[]? line)
    {
        if (line is not null)
        {
            ArrayPool<float>.Shared.Return(line);
        }
    }

    private static void Add(ReadOnlySpan<float> values, float weight, Span<float> sums)
    {
        if (weight != 0)
        {
            TensorPrimitives.MultiplyAdd(values, weight, sums, sums);
        }
    }

    /// <summary>sums_i += weight·values_{Factor·i}.</summary>
    private void AddSpread(ReadOnlySpan<float> values, float weight, Span<float> sums)
    {
        if (Factor == 1)
        {
            Add(values[..sums.Length], weight, sums);
            return;
        }

        for (int i = 0; weight != 0 && i < sums.Length; i++)
        {
            sums[i] += weight * values[Factor * i];
        }
    }

    /// <summary>sums_{Factor·i} += weight·values_i.</summary>
    private void Spread(ReadOnlySpan<float> values, float weight, Span<float> sums)
    {
        if (Factor == 1)
        {
            Add(values, weight, sums[..values.Length]);
            return;
        }

        for (int i = 0; weight != 0 && i < values.Length; i++)
        {
            sums[Factor * i] += weight * values[i];
        }
    }

    /// <summary>Pixels of a row of the plane that the windows of a row of measured pixels span.</summary>
    private int Reach(int size) => (Factor * (Columns - 1)) + size;

    private int Place(int row, int tap, int size) =>
        ((Top + (Factor * row) + (tap / size) - (size / 2)) * Width) + Left + (tap % size) - (size / 2);
}
