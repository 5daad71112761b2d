using Deq.Runtime.Imaging;

namespace Deq.Export.Tasks.Flow.Datasets;

/// <summary>Portable pixmaps as FlyingChairs has them: <c>P6</c>, three bytes per pixel. Source: the netpbm format description.</summary>
internal static class PixmapFile
{
    /// <summary>Reads an image.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="limits">How large it may be.</param>
    /// <exception cref="ImageRejectedException">It is no such file, passes a limit, is cut off, or has bytes after its end.</exception>
    public static DecodedImage Read(ReadOnlySpan<byte> bytes, ImageLimits limits)
    {
        if (!bytes.StartsWith("P6"u8))
        {
            throw new ImageRejectedException(ImageFault.UnknownFormat, "The pixmap does not begin with P6.");
        }

        int at = 2;
        int width = Number(bytes, ref at);
        int height = Number(bytes, ref at);
        int most = Number(bytes, ref at);
        if (width < 1 || height < 1 || most != 255)
        {
            throw Damaged($"its head says {width} x {height} pixels up to {most}; up to 255 was expected");
        }

        if (width > limits.MaxWidth || height > limits.MaxHeight || (long)width * height > limits.MaxPixels)
        {
            throw new ImageRejectedException(
                ImageFault.TooLarge, $"The pixmap has {width} x {height} pixels; the most is {limits.MaxWidth} x {limits.MaxHeight} and {limits.MaxPixels}.");
        }

        // One white space ends the head.
        at++;
        if (bytes.Length != at + (3L * width * height))
        {
            throw Damaged($"it has {bytes.Length} bytes; {at + (3L * width * height)} were expected");
        }

        return Opaque(bytes[at..], width, height);
    }

    private static DecodedImage Opaque(ReadOnlySpan<byte> colours, int width, int height)
    {
        byte[] pixels = new byte[4 * width * height];
        for (int pixel = 0; pixel < width * height; pixel++)
        {
            colours.Slice(3 * pixel, 3).CopyTo(pixels.AsSpan(4 * pixel));
            pixels[(4 * pixel) + 3] = 255;
        }

        return new DecodedImage(width, height, pixels);
    }

    /// <summary>The next number of the head; white space and comments before it are passed over.</summary>
    private static int Number(ReadOnlySpan<byte> bytes, ref int at)
    {
        while (at < bytes.Length && !char.IsAsciiDigit((char)bytes[at]))
        {
            at = bytes[at] == '#' && bytes[at..].IndexOf((byte)'\n') is var line and >= 0 ? at + line + 1 : at + 1;
        }

        int value = 0;
        for (; at < bytes.Length && char.IsAsciiDigit((char)bytes[at]) && value < 1_000_000; at++)
        {
            value = (10 * value) + bytes[at] - '0';
        }

        return value;
    }

    private static ImageRejectedException Damaged(string how) => new(ImageFault.Undecodable, $"The pixmap is damaged: {how}.");
}
