using Deq.Runtime.Imaging;

namespace Deq.Runtime.Specs.Imaging;

/// <summary>What the decoder does not take, and how it says so.</summary>
public sealed class ImageFaultSpecs
{
    private static readonly ImageLimits s_limits = new();

    public static TheoryData<string> Formats => [.. EncodedImages.Formats];

    public static TheoryData<string, int, int, string> Large => new()
    {
        { "png", 101, 10, "101 pixels wide; the most is 100" },
        { "jpeg", 10, 101, "101 pixels high; the most is 100" },
        { "webp", 60, 60, "60 x 60 pixels; the most is 3000" },
    };

    [Theory]
    [MemberData(nameof(Large))]
    public void Is_too_large_by_its_head_alone(string format, int width, int height, string reason)
    {
        byte[] image = EncodedImages.Pattern(format, width, height);
        var limits = new ImageLimits { MaxWidth = 100, MaxHeight = 100, MaxPixels = 3000 };

        ImageRejectedException whole = Assert.Throws<ImageRejectedException>(() => ImageDecoder.Decode(image, limits));
        ImageRejectedException identified = Assert.Throws<ImageRejectedException>(() => ImageDecoder.Identify(image, limits));

        Assert.Equal(ImageFault.TooLarge, whole.Fault);
        Assert.Contains(reason, whole.Message, StringComparison.Ordinal);
        Assert.Equal(whole.Message, identified.Message);
    }

    [Fact]
    public void Is_too_large_by_its_bytes_before_anything_is_read()
    {
        ImageRejectedException rejection = Assert.Throws<ImageRejectedException>(() => ImageDecoder.Identify(new byte[11], new() { MaxBytes = 10 }));

        Assert.Equal(ImageFault.TooLarge, rejection.Fault);
        Assert.Contains("11 bytes; the most is 10", rejection.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("GIF89a\u0001\0\u0001\0\0\0\0")]
    [InlineData("BM\u0046\0\0\0\0\0\0\0\u0036\0\0\0")]
    [InlineData("<svg xmlns='http://www.w3.org/2000/svg'/>")]
    public void Is_of_an_unknown_format_when_its_first_bytes_are(string text)
    {
        byte[] bytes = [.. text.Select(letter => (byte)letter)];

        ImageRejectedException rejection = Assert.Throws<ImageRejectedException>(() => ImageDecoder.Decode(bytes, s_limits));

        Assert.Equal(ImageFault.UnknownFormat, rejection.Fault);
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Is_any_beginning_of_an_image_that_is_not_all_of_it(string format)
    {
        byte[] image = EncodedImages.Pattern(format);

        for (int length = 0; length < image.Length; length++)
        {
            byte[] beginning = image[..length];
            Assert.Throws<ImageRejectedException>(() => ImageDecoder.Decode(beginning, s_limits));
        }
    }

    [Theory]
    [InlineData("png", 1)]
    [InlineData("png", 3)]
    [InlineData("jpeg", 1)]
    [InlineData("jpeg", 3)]
    public void Is_too_slow_when_the_time_is_spent_before_its_bytes_are(string format, int readings)
    {
        byte[] image = EncodedImages.Pattern(format, 256, 256);
        var clock = new ClockThatLeaps(readings);

        ImageRejectedException rejection = Assert.Throws<ImageRejectedException>(() => ImageDecoder.Decode(image, s_limits, clock));

        Assert.Equal(ImageFault.TooSlow, rejection.Fault);
        Assert.Contains("2000 ms", rejection.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Throws_nothing_but_rejections_when_bits_are_flipped(string format)
    {
        byte[] image = EncodedImages.Pattern(format);
        var random = new Random(11);

        for (int i = 0; i < 400; i++)
        {
            byte[] flipped = [.. image];
            for (int flips = random.Next(1, 6); flips > 0; flips--)
            {
                flipped[random.Next(flipped.Length)] ^= (byte)(1 << random.Next(8));
            }

            AssertDecodesOrRejects(flipped);
        }
    }

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52 })]
    [InlineData(new byte[] { 0xFF, 0xD8, 0xFF, 0xE0 })]
    [InlineData(new byte[] { 0x52, 0x49, 0x46, 0x46, 0x40, 0, 0, 0, 0x57, 0x45, 0x42, 0x50, 0x56, 0x50, 0x38 })]
    public void Throws_nothing_but_rejections_when_random_bytes_follow_a_signature(byte[] signature)
    {
        var random = new Random(12);

        for (int i = 0; i < 300; i++)
        {
            byte[] noise = new byte[random.Next(300)];
            random.NextBytes(noise);
            AssertDecodesOrRejects([.. signature, .. noise]);
        }
    }

    private static void AssertDecodesOrRejects(byte[] bytes)
    {
        try
        {
            DecodedImage decoded = ImageDecoder.Decode(bytes, new() { MaxPixels = 1_000_000 });
            Assert.Equal(4 * decoded.Width * decoded.Height, decoded.Pixels.Length);
        }
        catch (ImageRejectedException rejection)
        {
            Assert.NotEmpty(rejection.Message);
        }
    }

    /// <summary>Stands still for some readings, then leaps an hour at each.</summary>
    private sealed class ClockThatLeaps(int readings) : TimeProvider
    {
        private int _readings;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Math.Max(++_readings - readings, 0) * 3600L;
    }
}
