using System.Runtime.InteropServices;
using SkiaSharp;

namespace Deq.Runtime.Imaging;

/// <summary>Turns an image as its EXIF orientation says.</summary>
internal static class ImageOrientation
{
    /// <summary>Whether width and height change places.</summary>
    public static bool IsTurned(SKEncodedOrigin origin) =>
        origin is SKEncodedOrigin.LeftTop or SKEncodedOrigin.RightTop or SKEncodedOrigin.RightBottom or SKEncodedOrigin.LeftBottom;

    /// <summary>The image upright; the same array when it already is.</summary>
    /// <param name="width">Pixels as stored.</param>
    /// <param name="height">Pixels as stored.</param>
    /// <param name="pixels"><c>[height, width, 4]</c> as stored.</param>
    /// <param name="origin">Where the stored image's first row and column are seen.</param>
    public static DecodedImage Upright(int width, int height, byte[] pixels, SKEncodedOrigin origin)
    {
        if (origin is SKEncodedOrigin.TopLeft or 0)
        {
            return new DecodedImage(width, height, pixels);
        }

        byte[] upright = new byte[pixels.Length];
        Span<uint> from = MemoryMarshal.Cast<byte, uint>(pixels.AsSpan());
        Span<uint> to = MemoryMarshal.Cast<byte, uint>(upright.AsSpan());
        bool turned = IsTurned(origin);
        (int columns, int rows) = turned ? (height, width) : (width, height);
        bool mirrorsX = origin
            is SKEncodedOrigin.TopRight or SKEncodedOrigin.BottomRight or SKEncodedOrigin.RightBottom or SKEncodedOrigin.LeftBottom;
        bool mirrorsY = origin
            is SKEncodedOrigin.BottomRight or SKEncodedOrigin.BottomLeft or SKEncodedOrigin.RightTop or SKEncodedOrigin.RightBottom;
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
            {
                (int x, int y) = turned ? (row, column) : (column, row);
                x = mirrorsX ? width - 1 - x : x;
                y = mirrorsY ? height - 1 - y : y;
                to[(row * columns) + column] = from[(y * width) + x];
            }
        }

        return new DecodedImage(columns, rows, upright);
    }
}
