using System.Buffers.Binary;
using Deq.Runtime.Imaging;

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
