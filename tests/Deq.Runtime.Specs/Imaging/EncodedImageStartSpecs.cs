using System.Buffers.Binary;
using Deq.Runtime.Imaging;
using SkiaSharp;

namespace Deq.Runtime.Specs.Imaging;

public sealed class EncodedImageStartSpecs
{
    [Theory]
    [InlineData("png", 2 << 20, false)]
    [InlineData("png", 900_000, true)]
    [InlineData("webp-lossless", 2 << 20, false)]
    [InlineData("jpeg", 2 << 20, false)]
    [InlineData("jpeg", 900_000, true)]
    public void With_too_much_before_the_pixels_is_refused_unread(string format, int bytes, bool isTaken)
    {
        byte[] image = Padded(format, EncodedImages.Encode(EncodedImages.Pattern(16, 16), format), bytes);

        var limits = new ImageLimits();
        Exception? refusal = Record.Exception(() => ImageDecoder.Identify(image, limits));

        Assert.Equal(isTaken, refusal is null);
        if (!isTaken)
        {
            Assert.Equal(ImageFault.TooLarge, Assert.IsType<ImageRejectedException>(refusal).Fault);
            Assert.EndsWith("bytes before its pixels; the most is 1048576.", refusal.Message);
        }
    }

    [Fact]
    public void Of_an_animation_ends_where_its_first_frame_begins()
    {
        using SKBitmap noise = Noise(700, isTransparent: false);
        byte[] image = EncodedImages.Animated(noise);

        ImageHeader header = ImageDecoder.Identify(image, new ImageLimits());

        Assert.InRange(image.Length, EncodedImageStart.MostBytes + 1, int.MaxValue);
        Assert.Equal((700, 700), (header.Width, header.Height));
    }

    [Fact]
    public void Of_a_picture_with_transparency_ends_where_that_begins()
    {
        using SKBitmap noise = Noise(1100, isTransparent: true);
        byte[] image = EncodedImages.Encode(noise, "webp");

        ImageHeader header = ImageDecoder.Identify(image, new ImageLimits());

        Assert.InRange(image.Length, EncodedImageStart.MostBytes + 1, int.MaxValue);
        Assert.Equal((1100, 1100), (header.Width, header.Height));
    }

    [Theory]
    [InlineData(new byte[] { 0x00 })]
    [InlineData(new byte[] { 0xFF, 0x00 })]
    [InlineData(new byte[] { 0xFF, 0x01 })]
    [InlineData(new byte[] { 0xFF, 0xD3 })]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF })]
    public void Of_a_JPEG_is_counted_past_bytes_that_are_no_segment(byte[] stray)
    {
        byte[] image = EncodedImages.Pattern("jpeg");
        byte[] Strayed(int bytes) => [.. image[..2], 0xFF, 0xE5, 0, 2, .. stray, .. Padded("jpeg", image, bytes)[2..]];

        Assert.Null(EncodedImageStart.Refusal(ImageFormat.Jpeg, Strayed(900_000)));
        Assert.Equal(ImageFault.TooLarge, EncodedImageStart.Refusal(ImageFormat.Jpeg, Strayed(2 << 20))?.Fault);
    }

    [Fact]
    public void Of_a_JPEG_without_a_scan_is_the_whole_file() =>
        Assert.NotNull(EncodedImageStart.Refusal(ImageFormat.Jpeg, [0xFF, 0xD8, 0xFF, 0xE5, 0, 2, .. new byte[2 << 20]]));

    [Theory]
    [InlineData(2 << 20, false)]
    [InlineData(900_000, true)]
    public void Of_sixteen_bits_is_bounded_as_of_eight(int bytes, bool isTaken)
    {
        byte[] deep = PngWriter.Write(new PngSamples(1, 1, 1, 16, [30000]));

        Exception? refusal = Record.Exception(() => DeepPng.Read(Padded("png", deep, bytes), new ImageLimits()));

        Assert.Equal(isTaken, refusal is null);
        Assert.Equal(!isTaken, refusal is ImageRejectedException { Fault: ImageFault.TooLarge });
    }

    /// <summary>Noise, which does not shrink when it is encoded: of the colours, or of the transparency alone.</summary>
    private static SKBitmap Noise(int side, bool isTransparent)
    {
        var bitmap = new SKBitmap(new SKImageInfo(side, side, SKColorType.Rgba8888, SKAlphaType.Unpremul));
        Span<byte> pixels = bitmap.GetPixelSpan();
        new Random(1).NextBytes(pixels);
        for (int i = 0; i < pixels.Length; i++)
        {
            if ((i % 4 == 3) != isTransparent)
            {
                pixels[i] = isTransparent ? (byte)90 : byte.MaxValue;
            }
        }

        return bitmap;
    }

    private static byte[] Padded(string format, byte[] image, int bytes) => format switch
    {
        "png" => [.. image[..33], .. PngText(bytes), .. image[33..]],
        "jpeg" => [.. image[..2], .. Enumerable.Range(0, bytes / 60_002).SelectMany(_ => (byte[])[0xFF, 0xE5, 0xEA, 0x60, .. new byte[59_998]]), .. image[2..]],
        _ => [.. image[..12], .. "JUNK"u8, .. BitConverter.GetBytes(bytes), .. new byte[bytes], .. image[12..]],
    };

    private static byte[] PngText(int bytes)
    {
        byte[] chunk = new byte[bytes + 12];
        BinaryPrimitives.WriteInt32BigEndian(chunk, bytes);
        "tEXtk"u8.CopyTo(chunk.AsSpan(4));
        return Pngs.Mended([.. new byte[8], .. chunk])[8..];
    }
}
