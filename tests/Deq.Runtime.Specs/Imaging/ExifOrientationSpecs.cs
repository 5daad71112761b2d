using System.Buffers.Binary;
using Deq.Runtime.Imaging;
using SkiaSharp;

namespace Deq.Runtime.Specs.Imaging;

public sealed class ExifOrientationSpecs
{
    private const byte Short = 3;
    private const byte Long = 4;

    private static readonly ImageLimits s_limits = new();

    private static readonly string[] s_corners = ["RGBW", "GRWB", "WBGR", "BWRG", "RBGW", "BRWG", "WGBR", "GWRB"];

    /// <summary>Every format, every orientation, both byte orders, and every integer type that writers choose.</summary>
    public static TheoryData<string, int, bool, byte> Photographs
    {
        get
        {
            TheoryData<string, int, bool, byte> photographs = [];
            foreach (string format in EncodedImages.Formats)
            {
                for (int orientation = 1; orientation <= 8; orientation++)
                {
                    photographs.Add(format, orientation, orientation % 2 == 0, Short);
                    photographs.Add(format, orientation, orientation % 2 == 1, Long);
                }
            }

            return photographs;
        }
    }

    [Theory]
    [MemberData(nameof(Photographs))]
    public void Turns_every_format_whichever_way_the_number_is_written(string format, int orientation, bool isLittle, byte type)
    {
        using SKBitmap stored = EncodedImages.Quadrants(32, 16);
        byte[] bytes = EncodedImages.WithExif(EncodedImages.Encode(stored, format), format, Tiff(0x0112, type, (uint)orientation, isLittle));

        ImageHeader header = ImageDecoder.Identify(bytes, s_limits);
        DecodedImage image = ImageDecoder.Decode(bytes, s_limits);

        Assert.Equal(s_corners[orientation - 1], EncodedImages.Corners(image));
        Assert.Equal(orientation > 4 ? (16, 32) : (32, 16), (image.Width, image.Height));
        Assert.Equal((image.Width, image.Height), (header.Width, header.Height));
    }

    [Theory]
    [InlineData(0x0112, Short, 0)]
    [InlineData(0x0112, Short, 9)]
    [InlineData(0x0112, 2, 6)]
    [InlineData(0x0111, Short, 6)]
    public void Leaves_an_image_as_stored_when_nothing_valid_says_otherwise(ushort tag, byte type, uint value)
    {
        using SKBitmap stored = EncodedImages.Quadrants(32, 16);

        foreach (string format in EncodedImages.Formats)
        {
            byte[] bytes = EncodedImages.WithExif(EncodedImages.Encode(stored, format), format, Tiff(tag, type, value, isLittle: true));
            Assert.Equal("RGBW", EncodedImages.Corners(ImageDecoder.Decode(bytes, s_limits)));
        }
    }

    [Fact]
    public void Reads_any_beginning_of_any_metadata_without_failing()
    {
        byte[] tiff = Tiff(0x0112, Short, 6, isLittle: false);
        using SKBitmap stored = EncodedImages.Quadrants(32, 16);
        var random = new Random(5);

        for (int trial = 0; trial < 300; trial++)
        {
            byte[] damaged = tiff[..random.Next(tiff.Length + 1)];
            if (damaged.Length > 0)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            byte[] bytes = EncodedImages.WithExif(EncodedImages.Encode(stored, "png"), "png", damaged);
            Assert.InRange(ExifOrientation.Of(ImageFormat.Png, bytes), 1, 8);
        }
    }

    /// <summary>A TIFF structure of one field.</summary>
    private static byte[] Tiff(ushort tag, byte type, uint value, bool isLittle)
    {
        byte[] tiff = [.. isLittle ? "II*\0"u8 : "MM\0*"u8, .. new byte[22]];
        Span<byte> bytes = tiff;
        Write32(bytes[4..], 8);
        Write16(bytes[8..], 1);
        Write16(bytes[10..], tag);
        Write16(bytes[12..], type);
        Write32(bytes[14..], 1);
        if (type == Long)
        {
            Write32(bytes[18..], value);
        }
        else
        {
            Write16(bytes[18..], (ushort)value);
        }

        return tiff;

        void Write16(Span<byte> at, ushort number) => BinaryPrimitives.WriteUInt16LittleEndian(at, isLittle ? number : BinaryPrimitives.ReverseEndianness(number));

        void Write32(Span<byte> at, uint number) => BinaryPrimitives.WriteUInt32LittleEndian(at, isLittle ? number : BinaryPrimitives.ReverseEndianness(number));
    }
}
