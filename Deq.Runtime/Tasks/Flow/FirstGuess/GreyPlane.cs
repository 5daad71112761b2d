using System.Numerics.Tensors;

namespace Deq.Runtime.Tasks.Flow.FirstGuess;

/// <summary>The luma of a frame, 0 to 255, with a border that repeats its edge pixels. Filled again for every frame; one owner.</summary>
internal sealed class GreyPlane
{
    /// <summary>Pixels of border on every side: a patch that overlaps the frame by one pixel lies within it, with one pixel for interpolation.</summary>
    public const int Border = 16;

    /// <param name="width">Pixels, at least 1.</param>
    /// <param name="height">Pixels, at least 1.</param>
    public GreyPlane(int width, int height)
    {
        (Width, Height, Stride) = (width, height, width + (2 * Border));
        Values = new float[Stride * (height + (2 * Border))];
    }

    /// <summary>Pixels.</summary>
    public int Width { get; }

    /// <summary>Pixels.</summary>
    public int Height { get; }

    /// <summary>Numbers per row, borders included.</summary>
    public int Stride { get; }

    /// <summary><c>[Height + 2·Border, Width + 2·Border]</c>.</summary>
    public float[] Values { get; }

    public long Bytes => sizeof(float) * Values.LongLength;

    /// <summary>Where pixel (x, y) lies in <see cref="Values"/>.</summary>
    public int At(int x, int y) => ((y + Border) * Stride) + x + Border;

    /// <summary>Fills the plane from red, green and blue planes of its size.</summary>
    /// <param name="colours"><c>[3, Height, Width]</c>.</param>
    /// <param name="scale">Three factors that make greys of them, 0 to 255.</param>
    /// <param name="offset">Added.</param>
    public void Fill(ReadOnlySpan<float> colours, ReadOnlySpan<float> scale, float offset)
    {
        int plane = Width * Height;
        for (int y = 0; y < Height; y++)
        {
            Span<float> row = Values.AsSpan(At(0, y), Width);
            TensorPrimitives.Multiply(colours.Slice(y * Width, Width), scale[0], row);
            TensorPrimitives.MultiplyAdd(colours.Slice(plane + (y * Width), Width), scale[1], row, row);
            TensorPrimitives.MultiplyAdd(colours.Slice((2 * plane) + (y * Width), Width), scale[2], row, row);
            TensorPrimitives.Add(row, offset, row);
        }

        FillBorder();
    }

    /// <summary>Fills the plane with the means of 2 × 2 pixels of one that is twice as large; an odd last row or column is left out.</summary>
    public void FillFromHalving(GreyPlane larger)
    {
        for (int y = 0; y < Height; y++)
        {
            Span<float> row = Values.AsSpan(At(0, y), Width);
            ReadOnlySpan<float> upper = larger.Values.AsSpan(larger.At(0, 2 * y), 2 * Width);
            ReadOnlySpan<float> lower = larger.Values.AsSpan(larger.At(0, (2 * y) + 1), 2 * Width);
            for (int x = 0; x < Width; x++)
            {
                row[x] = 0.25f * (upper[2 * x] + upper[(2 * x) + 1] + lower[2 * x] + lower[(2 * x) + 1]);
            }
        }

        FillBorder();
    }

    private void FillBorder()
    {
        for (int y = 0; y < Height; y++)
        {
            int first = At(0, y);
            Values.AsSpan(first - Border, Border).Fill(Values[first]);
            Values.AsSpan(first + Width, Border).Fill(Values[first + Width - 1]);
        }

        ReadOnlySpan<float> top = Values.AsSpan(At(-Border, 0), Stride);
        ReadOnlySpan<float> bottom = Values.AsSpan(At(-Border, Height - 1), Stride);
        for (int y = 1; y <= Border; y++)
        {
            top.CopyTo(Values.AsSpan(At(-Border, -y), Stride));
            bottom.CopyTo(Values.AsSpan(At(-Border, Height - 1 + y), Stride));
        }
    }
}
