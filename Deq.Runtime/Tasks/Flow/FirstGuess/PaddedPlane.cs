namespace Deq.Runtime.Tasks.Flow.FirstGuess;

/// <summary>A number per pixel with a margin of one vector left and right and one row above and below, so that neighbours can be read without a check.</summary>
internal sealed class PaddedPlane
{
    /// <summary>Numbers left of every row.</summary>
    public const int Margin = 8;

    public PaddedPlane(int width, int height)
    {
        (Width, Height, Stride) = (width, height, StrideOf(width));
        Values = new float[Stride * (height + 2)];
    }

    public int Width { get; }

    public int Height { get; }

    /// <summary>Numbers per row: whole vectors of eight, with a margin on both sides.</summary>
    public int Stride { get; }

    public float[] Values { get; }

    public long Bytes => sizeof(float) * Values.LongLength;

    /// <summary>Where row y begins.</summary>
    public int Row(int y) => ((y + 1) * Stride) + Margin;

    public Span<float> RowSpan(int y) => Values.AsSpan(Row(y), Width);

    private static int StrideOf(int width) => ((width + 7) / 8 * 8) + (2 * Margin);
}
