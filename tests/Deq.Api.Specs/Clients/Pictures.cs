using SkiaSharp;

namespace Deq.Api.Specs.Clients;

/// <summary>Images to send.</summary>
internal static class Pictures
{
    /// <summary>Grey noise.</summary>
    public static byte[] Grey(int width, int height, int seed)
    {
        byte[] pixels = new byte[width * height];
        new Random(seed).NextBytes(pixels);
        return pixels;
    }

    /// <summary>The same brightness everywhere.</summary>
    public static byte[] Plain(int width, int height, byte brightness)
    {
        byte[] pixels = new byte[width * height];
        Array.Fill(pixels, brightness);
        return pixels;
    }

    public static byte[] Png(byte[] grey, int width) => Encode(grey, width, bitmap => bitmap.Encode(SKEncodedImageFormat.Png, 100));

    public static byte[] Jpeg(byte[] grey, int width) => Encode(grey, width, bitmap => bitmap.Encode(SKEncodedImageFormat.Jpeg, 95));

    public static byte[] LosslessWebp(byte[] grey, int width) => Encode(grey, width, bitmap =>
    {
        using SKPixmap pixmap = bitmap.PeekPixels();
        return pixmap.Encode(new SKWebpEncoderOptions(SKWebpEncoderCompression.Lossless, 100))!;
    });

    private static byte[] Encode(byte[] grey, int width, Func<SKBitmap, SKData> encode)
    {
        using var bitmap = new SKBitmap(width, grey.Length / width, SKColorType.Gray8, SKAlphaType.Opaque);
        grey.CopyTo(bitmap.GetPixelSpan());
        using SKData data = encode(bitmap);
        return data.ToArray();
    }
}
