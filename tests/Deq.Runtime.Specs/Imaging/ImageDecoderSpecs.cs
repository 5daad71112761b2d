using Deq.Runtime.Imaging;
using SkiaSharp;

namespace Deq.Runtime.Specs.Imaging;

/// <summary>What the decoder makes of honest images.</summary>
public sealed class ImageDecoderSpecs
{
    private static readonly ImageLimits s_limits = new();

    public static TheoryData<string> Formats => [.. EncodedImages.Formats];

    [Theory]
    [MemberData(nameof(Formats))]
    public void Identifies_format_and_size_without_decoding(string format)
    {
        byte[] image = EncodedImages.Pattern(format, 37, 11);

        ImageHeader header = ImageDecoder.Identify(image, s_limits);

        Assert.Equal(new ImageHeader(Enum.Parse<ImageFormat>(format.Split('-')[0], ignoreCase: true), 37, 11), header);
    }

    [Theory]
    [InlineData("png", 0)]
    [InlineData("webp-lossless", 0)]
    [InlineData("jpeg", 40)]
    [InlineData("webp", 60)]
    public void Decodes_every_pixel_as_well_as_the_format_keeps_it(string format, int largestError)
    {
        using SKBitmap original = EncodedImages.Draw(24, 16, (x, y) => new SKColor((byte)(x * 10), (byte)(y * 15), (byte)(128 + x - y), 255));

        DecodedImage decoded = ImageDecoder.Decode(EncodedImages.Encode(original, format), s_limits);

        Assert.Equal((24, 16), (decoded.Width, decoded.Height));
        int worst = decoded.Pixels.Zip(original.Bytes, (a, b) => Math.Abs(a - b)).Max();
        Assert.True(worst <= largestError, $"{worst}");
    }

    [Fact]
    public void Multiplies_colours_by_alpha()
    {
        using SKBitmap glass = EncodedImages.Draw(2, 1, (x, _) => x == 0 ? new SKColor(200, 100, 0, 128) : SKColors.Transparent);

        DecodedImage decoded = ImageDecoder.Decode(EncodedImages.Encode(glass, "png"), s_limits);

        Assert.Equal([100, 50, 0, 128, 0, 0, 0, 0], decoded.Pixels);
    }

    [Theory]
    [InlineData(1, "RGBW")]
    [InlineData(2, "GRWB")]
    [InlineData(3, "WBGR")]
    [InlineData(4, "BWRG")]
    [InlineData(5, "RBGW")]
    [InlineData(6, "BRWG")]
    [InlineData(7, "WGBR")]
    [InlineData(8, "GWRB")]
    public void Turns_a_photograph_as_its_exif_orientation_says(byte orientation, string corners)
    {
        using SKBitmap stored = EncodedImages.Draw(
            32, 16, (x, y) => (x < 16, y < 8) switch
            {
                (true, true) => SKColors.Red,
                (false, true) => SKColors.Lime,
                (true, false) => SKColors.Blue,
                _ => SKColors.White,
            });
        byte[] bytes = EncodedImages.Turned(stored, orientation);

        ImageHeader header = ImageDecoder.Identify(bytes, s_limits);
        DecodedImage image = ImageDecoder.Decode(bytes, s_limits);

        (int right, int bottom) = (image.Width - 3, image.Height - 3);
        Assert.Equal(corners, string.Concat(Name(image, 2, 2), Name(image, right, 2), Name(image, 2, bottom), Name(image, right, bottom)));
        Assert.Equal(orientation > 4 ? (16, 32) : (32, 16), (image.Width, image.Height));
        Assert.Equal((image.Width, image.Height), (header.Width, header.Height));
    }

    [Fact]
    public void Takes_the_first_frame_of_an_animation()
    {
        using SKBitmap red = EncodedImages.Draw(6, 4, (_, _) => SKColors.Red);
        using SKBitmap blue = EncodedImages.Draw(6, 4, (_, _) => SKColors.Blue);

        DecodedImage decoded = ImageDecoder.Decode(EncodedImages.Animated(red, blue), s_limits);

        Assert.Equal([255, 0, 0, 255], decoded.Pixels[..4]);
        Assert.Equal("R", Name(decoded, 5, 3));
    }

    private static string Name(DecodedImage image, int x, int y)
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
}
