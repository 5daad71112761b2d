using System.Buffers.Binary;
using SkiaSharp;

namespace Deq.Runtime.Specs.Imaging;

/// <summary>Small images, encoded.</summary>
internal static class EncodedImages
{
    public static readonly string[] Formats = ["png", "jpeg", "webp", "webp-lossless"];

    /// <summary>A gradient with some texture, opaque.</summary>
    public static SKBitmap Pattern(int width, int height) => Draw(width, height, (x, y) => new SKColor(
        (byte)(255 * x / Math.Max(width - 1, 1)), (byte)(255 * y / Math.Max(height - 1, 1)), (byte)((x * 31) ^ (y * 17)), 255));

    public static SKBitmap Draw(int width, int height, Func<int, int, SKColor> colour)
    {
        var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul));
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                bitmap.SetPixel(x, y, colour(x, y));
            }
        }

        return bitmap;
    }

    public static byte[] Encode(SKBitmap bitmap, string format)
    {
        using SKPixmap pixels = bitmap.PeekPixels()!;
        using SKData? data = format switch
        {
            "png" => pixels.Encode(new SKPngEncoderOptions()),
            "jpeg" => pixels.Encode(new SKJpegEncoderOptions(95)),
            "webp" => pixels.Encode(new SKWebpEncoderOptions(SKWebpEncoderCompression.Lossy, 90)),
            _ => pixels.Encode(new SKWebpEncoderOptions(SKWebpEncoderCompression.Lossless, 50)),
        };
        return data!.ToArray();
    }

    public static byte[] Pattern(string format, int width = 24, int height = 16)
    {
        using SKBitmap bitmap = Pattern(width, height);
        return Encode(bitmap, format);
    }

    /// <summary>A JPEG with an EXIF segment that says only how it is to be turned.</summary>
    public static byte[] Turned(SKBitmap bitmap, byte orientation)
    {
        byte[] jpeg = Encode(bitmap, "jpeg");
        byte[] exif =
        [
            0xFF, 0xE1, 0, 34, .. "Exif\0\0MM"u8, 0, 42, 0, 0, 0, 8, 0, 1,
            0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0,
        ];
        return [.. jpeg[..2], .. exif, .. jpeg[2..]];
    }

    /// <summary>A WebP animation of lossless frames of one size.</summary>
    public static byte[] Animated(params SKBitmap[] frames)
    {
        int width = frames[0].Width - 1;
        int height = frames[0].Height - 1;
        byte[] size = [(byte)width, (byte)(width >> 8), 0, (byte)height, (byte)(height >> 8), 0];
        byte[] body =
        [
            .. "WEBP"u8,
            .. Chunk("VP8X", [0x02, 0, 0, 0, .. size]),
            .. Chunk("ANIM", [0, 0, 0, 0, 0, 0]),
            .. frames.SelectMany(frame => Chunk("ANMF", [0, 0, 0, 0, 0, 0, .. size, 100, 0, 0, 0, .. Encode(frame, "webp-lossless")[12..]])),
        ];
        return [.. Chunk("RIFF", body)];
    }

    private static byte[] Chunk(string name, byte[] contents)
    {
        byte[] length = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, contents.Length);
        return [.. name.Select(letter => (byte)letter), .. length, .. contents, .. new byte[contents.Length % 2]];
    }
}
