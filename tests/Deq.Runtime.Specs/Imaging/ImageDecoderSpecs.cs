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
    [InlineData("gAMA", 0u)]
    [InlineData("gAMA", 1u)]
    [InlineData("gAMA", 1_000_000_000u)]
    [InlineData("cHRM", 0u)]
    public void Ignores_colours_that_mean_nothing(string chunk, uint number)
    {
        byte[] plain = EncodedImages.Pattern("png");
        byte[] contents = [.. Enumerable.Repeat(Pngs.BigEndian(number), chunk == "gAMA" ? 1 : 8).SelectMany(bytes => bytes)];

        DecodedImage decoded = ImageDecoder.Decode(Pngs.WithChunk(Pngs.Without(plain, "sRGB"), chunk, contents), s_limits);

        Assert.Equal(ImageDecoder.Decode(plain, s_limits).Pixels, decoded.Pixels);
    }

    [Fact]
    public void Keeps_to_a_gamma_that_means_something()
    {
        byte[] plain = EncodedImages.Pattern("png");

        DecodedImage linear = ImageDecoder.Decode(Pngs.WithChunk(Pngs.Without(plain, "sRGB"), "gAMA", Pngs.BigEndian(100_000)), s_limits);

        DecodedImage untouched = ImageDecoder.Decode(plain, s_limits);
        Assert.All(linear.Pixels.Zip(untouched.Pixels), pair => Assert.True(pair.First >= pair.Second));
        Assert.NotEqual(untouched.Pixels, linear.Pixels);
    }

    [Theory]
    [InlineData("tEXt")]
    [InlineData("iTXt")]
    [InlineData("prVt")]
    public void Does_not_read_long_texts_before_the_pixels(string name)
    {
        byte[] plain = EncodedImages.Pattern("png");
        byte[] text = Pngs.WithChunk(plain, name, new byte[500_000]);
        byte[] damaged = Pngs.WithChunk(plain, name, new byte[500_000]);
        damaged[500_000] ^= 1;

        Assert.Equal(ImageDecoder.Decode(plain, s_limits).Pixels, ImageDecoder.Decode(text, s_limits).Pixels);
        Assert.Equal(plain, PngChunks.OfPixels(text).ToArray());
        Assert.Equal(ImageDecoder.Identify(plain, s_limits), ImageDecoder.Identify(damaged, s_limits));
    }

    [Theory]
    [InlineData("gAMA")]
    [InlineData("iCCP")]
    [InlineData("eXIf")]
    [InlineData("PRIV")]
    public void Leaves_the_decoder_what_may_change_the_pixels(string name)
    {
        byte[] both = Pngs.WithChunk(Pngs.WithChunk(EncodedImages.Pattern("png"), name, Pngs.BigEndian(45_455)), "zTXt", new byte[20_000]);

        byte[] left = PngChunks.OfPixels(both).ToArray();

        Assert.Equal(Pngs.BigEndian(45_455), Pngs.Chunk(left, name));
        Assert.True(left.AsSpan().IndexOf("zTXt"u8) < 0);
    }

    [Fact]
    public void Takes_the_first_frame_of_an_animation()
    {
        using SKBitmap red = EncodedImages.Draw(6, 4, (_, _) => SKColors.Red);
        using SKBitmap blue = EncodedImages.Draw(6, 4, (_, _) => SKColors.Blue);

        DecodedImage decoded = ImageDecoder.Decode(EncodedImages.Animated(red, blue), s_limits);

        Assert.Equal([255, 0, 0, 255], decoded.Pixels[..4]);
        Assert.Equal("R", EncodedImages.ColourAt(decoded, 5, 3));
    }
}
