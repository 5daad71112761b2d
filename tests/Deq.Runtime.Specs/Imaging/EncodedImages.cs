using System.Buffers.Binary;
using Deq.Runtime.Imaging;
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

    /// <summary>Red, green, blue and white, from the left to the right and from the top to the bottom.</summary>
    public static SKBitmap Quadrants(int width, int height) => Draw(width, height, (x, y) => (x < width / 2, y < height / 2) switch
    {
        (true, true) => SKColors.Red,
        (false, true) => SKColors.Lime,
        (true, false) => SKColors.Blue,
        _ => SKColors.White,
    });

    /// <summary>The initials of the colours in the corners, in the order of <see cref="Quadrants"/>.</summary>
    public static string Corners(DecodedImage image)
    {
        (int right, int bottom) = (image.Width - 3, image.Height - 3);
        return string.Concat(ColourAt(image, 2, 2), ColourAt(image, right, 2), ColourAt(image, 2, bottom), ColourAt(image, right, bottom));
    }

    /// <summary>The initial of a pixel's colour.</summary>
    public static string ColourAt(DecodedImage image, int x, int y)
    {
        byte[] pixel = image.Pixels[(4 * ((y * image.Width) + x))..][..3];
        return (pixel[0] > 128, pixel[1] > 128, pixel[2] > 128) switch
        {
            (true, false, false) => "R",
            (false, true, false) => "G",
            (false, false, true) => "B",
            (true, true, true) => "W",
            _ => "?",
        };
    }

    /// <summary>The image with EXIF where its format keeps it.</summary>
    public static byte[] WithExif(byte[] image, string format, byte[] tiff) => format switch
    {
        "png" => Pngs.WithChunk(image, "eXIf", tiff),
        "jpeg" => WithSegment(image, 0xE1, [.. "Exif\0\0"u8, .. tiff]),
        _ => [.. Chunk("RIFF", [.. image[8..], .. Chunk("EXIF", tiff)])],
    };

    /// <summary>A JPEG with one more segment after its start.</summary>
    public static byte[] WithSegment(byte[] jpeg, byte marker, byte[] contents) =>
        [.. jpeg[..2], 0xFF, marker, (byte)((contents.Length + 2) >> 8), (byte)(contents.Length + 2), .. contents, .. jpeg[2..]];

    /// <summary>A progressive JPEG of 16 x 16 grey pixels in three scans: the means of its four blocks, then their details, of which there are none.</summary>
    public static byte[] Progressive() =>
    [
        0xFF, 0xD8,
        0xFF, 0xDB, 0, 67, 0, .. Enumerable.Repeat((byte)8, 64),
        0xFF, 0xC2, 0, 11, 8, 0, 16, 0, 16, 1, 1, 0x11, 0,
        0xFF, 0xC4, 0, 21, 0x00, 0, 2, .. new byte[14], 0, 5,
        0xFF, 0xC4, 0, 20, 0x10, 1, .. new byte[15], 0,
        0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 0, 0, 0x7C, 0x07,
        0xFF, 0xDA, 0, 8, 1, 1, 0, 1, 5, 0, 0x0F,
        0xFF, 0xDA, 0, 8, 1, 1, 0, 6, 63, 0, 0x0F,
        0xFF, 0xD9,
    ];

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
