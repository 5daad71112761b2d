using System.Numerics.Tensors;
using Deq.Runtime.Imaging;

namespace Deq.Export.Tasks.Restoration.Datasets;

/// <summary>A grey picture.</summary>
/// <param name="Name">The file's, without extension.</param>
/// <param name="Width">Pixels.</param>
/// <param name="Height">Pixels.</param>
/// <param name="Pixels"><c>[Height, Width]</c>, 0 black to 1 white.</param>
internal sealed record GreyPicture(string Name, int Width, int Height, float[] Pixels)
{
    /// <summary>The pixel at a place.</summary>
    public float this[int row, int column] => Pixels[(row * Width) + column];

    /// <summary>The luminance of an image.</summary>
    public static GreyPicture Of(string name, DecodedImage image)
    {
        float[] pixels = new float[image.Width * image.Height];
        for (int i = 0; i < pixels.Length; i++)
        {
            pixels[i] = ((0.299f * image.Pixels[4 * i]) + (0.587f * image.Pixels[(4 * i) + 1]) + (0.114f * image.Pixels[(4 * i) + 2])) / 255;
        }

        return new GreyPicture(name, image.Width, image.Height, pixels);
    }

    /// <summary>Each pixel the mean of so many by so many; what is left over at the right and at the bottom is dropped.</summary>
    public GreyPicture Shrunk(int by)
    {
        if (by == 1)
        {
            return this;
        }

        (int width, int height) = (Width / by, Height / by);
        float[] pixels = new float[width * height];
        for (int row = 0; row < height * by; row++)
        {
            for (int column = 0; column < width * by; column++)
            {
                pixels[(row / by * width) + (column / by)] += this[row, column] / (by * by);
            }
        }

        return new GreyPicture(Name, width, height, pixels);
    }

    /// <summary>A part, cut to the picture.</summary>
    public GreyPicture Cut(int top, int left, int height, int width)
    {
        (height, width) = (Math.Min(height, Height - top), Math.Min(width, Width - left));
        float[] pixels = new float[height * width];
        for (int row = 0; row < height; row++)
        {
            Pixels.AsSpan(((top + row) * Width) + left, width).CopyTo(pixels.AsSpan(row * width));
        }

        return new GreyPicture(Name, width, height, pixels);
    }

    /// <summary>Mean squared distance from the mean.</summary>
    public static float Variance(ReadOnlySpan<float> pixels)
    {
        float mean = TensorPrimitives.Sum(pixels) / pixels.Length;
        return (TensorPrimitives.SumOfSquares(pixels) / pixels.Length) - (mean * mean);
    }
}
