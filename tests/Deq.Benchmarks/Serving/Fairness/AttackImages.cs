using System.Buffers.Binary;
using SkiaSharp;

namespace Deq.Benchmarks.Serving.Fairness;

/// <summary>PNG files that cost a server more than they cost who sends them.</summary>
internal static class AttackImages
{
    private const int HeadEnd = 33;

    /// <summary>One grey: a few bytes for many pixels.</summary>
    public static byte[] Large(int width, int height)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Gray8));
        bitmap.Erase(SKColors.Gray);
        return Encoded(bitmap);
    }

    /// <summary>Smooth noise.</summary>
    public static byte[] Noise(int width, int height, int seed)
    {
        const int scale = 8;
        var random = new Random(seed);
        using var small = new SKBitmap(new SKImageInfo((width / scale) + 1, (height / scale) + 1, SKColorType.Rgba8888, SKAlphaType.Opaque));
        for (int i = 0; i < small.Width * small.Height; i++)
        {
            small.SetPixel(i % small.Width, i / small.Width, new SKColor((byte)random.Next(256), (byte)random.Next(256), (byte)random.Next(256)));
        }

        using SKBitmap large = small.Resize(new SKImageInfo(width, height), new SKSamplingOptions(SKCubicResampler.Mitchell));
        return Encoded(large);
    }

    /// <summary>One colour, as PNG or JPEG.</summary>
    public static byte[] Colour(int width, int height, bool isJpeg)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        bitmap.Erase(SKColors.Teal);
        using SKData data = bitmap.Encode(isJpeg ? SKEncodedImageFormat.Jpeg : SKEncodedImageFormat.Png, 90);
        return data.ToArray();
    }

    /// <summary>A small image with a text of so many bytes before its pixels.</summary>
    public static byte[] WithText(int bytes)
    {
        byte[] image = Large(64, 64);
        byte[] chunk = new byte[bytes + 12];
        BinaryPrimitives.WriteInt32BigEndian(chunk, bytes);
        "tEXtComment\0"u8.CopyTo(chunk.AsSpan(4));
        chunk.AsSpan(16, bytes - 8).Fill((byte)'a');
        return [.. image.AsSpan(0, HeadEnd), .. chunk, .. image.AsSpan(HeadEnd)];
    }

    private static byte[] Encoded(SKBitmap bitmap)
    {
        using SKData data = bitmap.Encode(SKEncodedImageFormat.Png, 90);
        return data.ToArray();
    }
}
