namespace Deq.Runtime.Imaging;

/// <summary>An image as displayed: upright, in sRGB, eight bits per channel.</summary>
public sealed class DecodedImage
{
    /// <summary>Takes over an array of pixels.</summary>
    /// <param name="width">Pixels, at least 1.</param>
    /// <param name="height">Pixels, at least 1.</param>
    /// <param name="pixels"><c>[height, width, 4]</c>: red, green, blue, each multiplied by alpha, and alpha.</param>
    /// <exception cref="ArgumentException">The array has another length.</exception>
    public DecodedImage(int width, int height, byte[] pixels)
    {
        ArgumentNullException.ThrowIfNull(pixels);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        if (pixels.Length != 4L * width * height)
        {
            throw new ArgumentException($"Pixels have {pixels.Length} bytes; the image needs [{height}, {width}, 4].", nameof(pixels));
        }

        (Width, Height, Pixels) = (width, height, pixels);
    }

    /// <summary>Pixels.</summary>
    public int Width { get; }

    /// <summary>Pixels.</summary>
    public int Height { get; }

    /// <summary><c>[Height, Width, 4]</c>: red, green, blue, each multiplied by alpha, and alpha, 0 to 255.</summary>
    public byte[] Pixels { get; }

    /// <summary>The grey of a pixel in 256ths, 0 to 255 · 256, by the luminance of its colours over black.</summary>
    /// <param name="pixel">Its place, row by row.</param>
    internal int Grey256(int pixel)
    {
        ReadOnlySpan<byte> colours = Pixels.AsSpan(4 * pixel, 3);
        return (77 * colours[0]) + (150 * colours[1]) + (29 * colours[2]);
    }
}
