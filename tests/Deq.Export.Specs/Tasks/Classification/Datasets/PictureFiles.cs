using SkiaSharp;

namespace Deq.Export.Specs.Tasks.Classification.Datasets;

/// <summary>Writes small pictures.</summary>
internal static class PictureFiles
{
    /// <summary>A picture of one colour.</summary>
    public static byte[] Plain(SKColor colour, int width = 12, int height = 12)
    {
        using SKBitmap bitmap = new(width, height);
        bitmap.Erase(colour);
        using SKData encoded = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return encoded.ToArray();
    }

    /// <summary>A picture whose colours change from pixel to pixel.</summary>
    public static byte[] Gradient(int width, int height)
    {
        using SKBitmap bitmap = new(width, height);
        for (int place = 0; place < width * height; place++)
        {
            (int y, int x) = Math.DivRem(place, width);
            bitmap.SetPixel(x, y, new SKColor((byte)(11 * x), (byte)(17 * y), (byte)(5 * (x + y))));
        }

        using SKData encoded = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return encoded.ToArray();
    }
}
