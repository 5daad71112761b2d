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

    private static int StrideOf(int width) => ((width + 7) / 8 * 8) + (2 * Margin);
}
