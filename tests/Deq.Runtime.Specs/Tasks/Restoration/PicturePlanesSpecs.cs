using Deq.Runtime.Imaging;
using Deq.Runtime.Tasks.Restoration;

namespace Deq.Runtime.Specs.Tasks.Restoration;

public sealed class PicturePlanesSpecs
{
    [Fact]
    public void Gives_the_colours_back_and_takes_grey_as_one_plane()
    {
        var random = new Random(3);
        byte[] pixels = [.. Enumerable.Range(0, 5 * 4 * 4).Select(i => i % 4 == 3 ? (byte)255 : (byte)random.Next(256))];
        byte[] grey = [.. Enumerable.Range(0, 5 * 4 * 4).Select(i => i % 4 == 3 ? (byte)255 : (byte)(i / 4))];

        var colours = PicturePlanes.Of(new DecodedImage(5, 4, pixels));

        Assert.Equal(3, colours.Planes.Count);
        Assert.Equal(pixels.Where((_, i) => i % 4 != 3), colours.Colours().Select(value => (byte)Math.Round(255 * value)));
        Assert.Single(PicturePlanes.Of(new DecodedImage(5, 4, grey)).Planes);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Keeps_sixteen_bits_over_black(int channels)
    {
        ushort[] samples = [.. Enumerable.Range(0, 6 * channels).Select(i => (ushort)((i * 2731) + 7))];
        byte[] png = PngWriter.Write(new PngSamples(3, 2, channels, 16, samples));

        var picture = PicturePlanes.Decode(png, new ImageLimits());

        int colours = channels < 3 ? 1 : 3;
        float Alpha(int pixel) => channels is 2 or 4 ? samples[(channels * pixel) + channels - 1] / 65535f : 1;
        float[] expected = [.. Enumerable.Range(0, 6 * colours).Select(i => samples[(channels * (i / colours)) + (i % colours)] / 65535f * Alpha(i / colours))];
        Assert.Equal(expected.Length, picture.Colours().Length);
        Assert.All(expected.Zip(picture.Colours()), pair => Assert.Equal(pair.First, pair.Second, 3e-7f));
        Assert.Equal(16, PngReader.Read(picture.Png(), new ImageLimits()).Depth);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public void Takes_sixteen_bits_of_equal_colours_as_grey(int channels)
    {
        ushort[] samples = [.. Enumerable.Range(0, 6 * channels).Select(i => (ushort)(i % channels == 3 ? 40_000 : (9731 * (i / channels)) + 5))];

        var picture = PicturePlanes.Decode(PngWriter.Write(new PngSamples(3, 2, channels, 16, samples)), new ImageLimits());

        Assert.Single(picture.Planes);
        Assert.Equal([1], picture.NoiseShares);
        Assert.Equal((9731 + 5) / 65535f * (channels == 4 ? 40_000 / 65535f : 1), picture.Planes[0][1], 3e-7f);
    }

    [Fact]
    public void Leaves_eight_bits_and_pictures_with_a_gamma_to_the_decoder()
    {
        byte[] deep = PngWriter.Write(new PngSamples(1, 1, 1, 16, [30000]));
        byte[] gamma = [0, 0, 0, 4, .. "gAMA"u8, 0, 0, 0xB1, 0x8F, 0x0B, 0xFC, 0x61, 0x05];
        byte[] withGamma = [.. deep[..33], .. gamma, .. deep[33..]];

        Assert.Equal(16, PicturePlanes.Decode(deep, new ImageLimits()).Depth);
        Assert.Equal(8, PicturePlanes.Decode(withGamma, new ImageLimits()).Depth);
        Assert.Equal(8, PicturePlanes.Decode(PngWriter.Write(new PngSamples(1, 1, 1, 8, [30])), new ImageLimits()).Depth);
    }

    [Theory]
    [InlineData(3, 16, 3)]
    [InlineData(1, 16, 1)]
    [InlineData(3, 8, 3)]
    [InlineData(1, 8, 1)]
    public void Says_what_its_planes_take_before_they_are_made(int channels, int depth, int planes)
    {
        ushort[] samples = [.. Enumerable.Range(0, 6 * channels).Select(i => (ushort)(37 * i % 251))];
        byte[] png = PngWriter.Write(new PngSamples(3, 2, channels, depth, samples));
        var full = new InvalidOperationException();
        (long Pixels, long Bytes) said = default;

        InvalidOperationException thrown = Assert.Throws<InvalidOperationException>(() => PicturePlanes.Decode(png, new ImageLimits(), (pixels, bytes) =>
        {
            said = (pixels, bytes);
            throw full;
        }));

        Assert.Same(full, thrown);
        Assert.Equal((6L, 24L * planes), said);
        Assert.Equal(24L * planes, PicturePlanes.Decode(png, new ImageLimits()).Bytes);
    }

    [Fact]
    public void Tells_brightness_without_a_copy_of_the_colours()
    {
        var picture = PicturePlanes.OfColours(64, 64, [.. Enumerable.Range(0, 3 * 64 * 64).Select(i => i % 256 / 255f)]);
        float[] colours = picture.Colours();
        long before = GC.GetAllocatedBytesForCurrentThread();

        float[] luminance = picture.Luminance();

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2 * sizeof(float) * luminance.Length);
        Assert.Equal((0.299f * colours[3]) + (0.587f * colours[4]) + (0.114f * colours[5]), luminance[1], 1e-6f);
    }

    [Fact]
    public void Decodes_to_what_was_written()
    {
        var planes = new PicturePlanes(3, 2, [[0, 0.2f, 0.4f, 0.6f, 0.8f, 1.4f]]);

        DecodedImage read = ImageDecoder.Decode(planes.Png(), new ImageLimits());

        Assert.Equal<byte>([0, 51, 102, 153, 204, 255], read.Pixels.Where((_, i) => i % 4 == 0));
    }
}
