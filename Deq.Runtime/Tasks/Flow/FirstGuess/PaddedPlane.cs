using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Deq.Runtime.Tasks.Flow.FirstGuess;

/// <summary>A number per pixel with a margin of one vector left and right and one row above and below, so that neighbours can be read without a check.</summary>
internal sealed unsafe class PaddedPlane
{
    /// <summary>Numbers left of every row.</summary>
    public const int Margin = 8;

    private readonly float* _first;

    public PaddedPlane(int width, int height)
    {
        (Width, Height, Stride) = (width, height, StrideOf(width));
        Values = GC.AllocateArray<float>(Stride * (height + 2), pinned: true);
        _first = (float*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(Values));
    }

    public int Width { get; }

    public int Height { get; }

    /// <summary>Numbers per row: whole vectors of eight, with a margin on both sides.</summary>
    public int Stride { get; }

    /// <summary>Does not move in memory.</summary>
    public float[] Values { get; }

    public long Bytes => sizeof(float) * Values.LongLength;

    /// <summary>Where row y begins.</summary>
    public int Row(int y) => ((y + 1) * Stride) + Margin;

    /// <summary>The first number of row y, −1 to Height; valid while the plane is reachable.</summary>
    public float* At(int y) => _first + Row(y);

    public Span<float> RowSpan(int y) => Values.AsSpan(Row(y), Width);

    /// <summary>Repeats the ends of a row into its margin, and an outer row beyond itself.</summary>
    public void Extend(int y)
    {
        int row = Row(y);
        Values[row - 1] = Values[row];
        Values[row + Width] = Values[row + Width - 1];
        if (y == 0)
        {
            Values.AsSpan(row - 1, Width + 2).CopyTo(Values.AsSpan(row - Stride - 1));
        }

        if (y == Height - 1)
        {
            Values.AsSpan(row - 1, Width + 2).CopyTo(Values.AsSpan(row + Stride - 1));
        }
    }

    /// <summary>Doubles the size and the numbers of a plane of half the size, interpolated.</summary>
    public void FillFromDoubling(PaddedPlane half)
    {
        for (int y = 0; y < Height; y++)
        {
            (int above, int below, float down) = Between(y, half.Height);
            ReadOnlySpan<float> upper = half.RowSpan(above), lower = half.RowSpan(below);
            Span<float> row = RowSpan(y);
            for (int x = 0; x < Width; x++)
            {
                (int left, int right, float across) = Between(x, half.Width);
                float high = upper[left] + ((upper[right] - upper[left]) * across);
                float low = lower[left] + ((lower[right] - lower[left]) * across);
                row[x] = 2 * (high + ((low - high) * down));
            }
        }
    }

    /// <summary>Between which pixels of half the size the middle of a pixel lies.</summary>
    private static (int Before, int After, float Share) Between(int pixel, int count)
    {
        float at = Math.Clamp((pixel - 0.5f) / 2, 0, count - 1);
        int before = (int)at;
        return (before, Math.Min(before + 1, count - 1), at - before);
    }

    private static int StrideOf(int width) => ((width + 7) / 8 * 8) + (2 * Margin);
}
