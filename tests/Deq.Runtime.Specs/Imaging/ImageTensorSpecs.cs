using Deq.Runtime.Bundles;
using Deq.Runtime.Imaging;

namespace Deq.Runtime.Specs.Imaging;

/// <summary>How images become the numbers that an encoder takes.</summary>
public sealed class ImageTensorSpecs
{
    public static TheoryData<string, int, int, int, int> Resizes
    {
        get
        {
            var data = new TheoryData<string, int, int, int, int>();
            foreach (string resize in (string[])["fit", "crop", "stretch"])
            {
                data.Add(resize, 7, 5, 32, 32);
                data.Add(resize, 200, 90, 28, 28);
                data.Add(resize, 33, 65, 16, 48);
                data.Add(resize, 1, 1, 9, 4);
                data.Add(resize, 31, 31, 32, 32);
            }

            return data;
        }
    }

    [Theory]
    [InlineData("fit")]
    [InlineData("crop")]
    [InlineData("stretch")]
    public void Keeps_every_pixel_exactly_when_the_size_already_fits(string resize)
    {
        DecodedImage image = Random(13, 9, 1);
        ImageInput input = Input(3, 9, 13, resize) with { Mean = [0.1, 0.2, 0.3], Deviation = [0.5, 0.25, 2] };

        float[] tensor = Fill(image, input);

        for (int i = 0; i < tensor.Length; i++)
        {
            (int channel, int pixel) = (i / 117, i % 117);
            Assert.Equal((float)(((image.Pixels[(4 * pixel) + channel] / 255.0) - input.Mean[channel]) / input.Deviation[channel]), tensor[i]);
        }
    }

    [Theory]
    [MemberData(nameof(Resizes))]
    public void Leaves_an_even_colour_even(string resize, int width, int height, int targetWidth, int targetHeight)
    {
        var image = new DecodedImage(width, height, [.. Enumerable.Repeat<byte[]>([60, 120, 180, 255], width * height).SelectMany(pixel => pixel)]);

        float[] tensor = Fill(image, Input(1, targetHeight, targetWidth, resize) with { Background = 109 });

        // Rec. 601 makes the colour 108.9, and the bars are 109.
        Assert.All(tensor, value => Assert.Equal(108.95 / 255, value, 0.06 / 255));
    }

    [Fact]
    public void Averages_the_area_that_each_pixel_covers_when_it_shrinks()
    {
        DecodedImage image = Random(24, 18, 2);

        float[] tensor = Fill(image, Input(3, 3, 4, "stretch"));

        for (int channel = 0; channel < 3; channel++)
        {
            for (int block = 0; block < 12; block++)
            {
                double mean = Enumerable.Range(0, 36)
                    .Average(i => image.Pixels[(4 * ((((block / 4 * 6) + (i / 6)) * 24) + (block % 4 * 6) + (i % 6))) + channel] / 255.0);
                Assert.Equal(mean, tensor[(channel * 12) + block], 1e-5);
            }
        }
    }

    [Fact]
    public void Turns_a_fine_chequerboard_grey_instead_of_aliasing()
    {
        IEnumerable<byte> chequers = Enumerable.Range(0, 510 * 510).SelectMany(i => Grey((byte)(255 * (((i / 510) + (i % 510)) % 2))));
        var image = new DecodedImage(510, 510, [.. chequers]);

        float[] tensor = Fill(image, Input(1, 32, 32, "stretch"));

        Assert.All(tensor, value => Assert.Equal(0.5, value, 0.05));
    }

    [Fact]
    public void Surrounds_a_wide_image_with_bars_of_the_background_when_it_fits_it()
    {
        var image = new DecodedImage(8, 4, [.. Enumerable.Range(0, 32).SelectMany(_ => Grey(200))]);

        float[] tensor = Fill(image, Input(1, 8, 8, "fit") with { Background = 51 });

        for (int row = 0; row < 8; row++)
        {
            float expected = row is >= 2 and < 6 ? 200 / 255f : 0.2f;
            Assert.All(tensor[(row * 8)..((row + 1) * 8)], value => Assert.Equal(expected, value, 1e-6));
        }
    }

    [Fact]
    public void Keeps_the_centre_when_it_crops()
    {
        var image = new DecodedImage(30, 10, [.. Enumerable.Range(0, 300).SelectMany(i => Grey((byte)(i % 30 / 10 == 1 ? 255 : 0)))]);

        float[] tensor = Fill(image, Input(1, 5, 5, "crop"));

        Assert.All(tensor, value => Assert.Equal(1, value, 1e-6));
    }

    [Fact]
    public void Shows_the_background_through_transparent_pixels()
    {
        var image = new DecodedImage(2, 1, [0, 0, 0, 0, 100, 100, 100, 128]);

        float[] tensor = Fill(image, Input(1, 1, 2, "fit") with { Background = 255 });

        Assert.Equal(1, tensor[0], 1e-6);
        Assert.Equal((100 + 127) / 255f, tensor[1], 1e-6);
    }

    [Fact]
    public void Refuses_a_tensor_of_another_length_and_names_both()
    {
        ArgumentException refusal = Assert.Throws<ArgumentException>(() => ImageTensor.Fill(Random(2, 2, 3), Input(3, 4, 5, "fit"), new float[59]));

        Assert.Contains("59 numbers; the model needs [3, 4, 5]", refusal.Message, StringComparison.Ordinal);
    }

    private static float[] Fill(DecodedImage image, ImageInput input)
    {
        float[] tensor = new float[input.Channels * input.Height * input.Width];
        Array.Fill(tensor, float.NaN);
        ImageTensor.Fill(image, input, tensor);
        return tensor;
    }

    private static ImageInput Input(int channels, int height, int width, string resize) => new()
    {
        Channels = channels,
        Height = height,
        Width = width,
        Mean = new double[channels],
        Deviation = [.. Enumerable.Repeat(1.0, channels)],
        Resize = resize,
    };

    private static byte[] Grey(byte value) => [value, value, value, 255];

    private static DecodedImage Random(int width, int height, int seed)
    {
        byte[] pixels = new byte[4 * width * height];
        new Random(seed).NextBytes(pixels);
        for (int i = 3; i < pixels.Length; i += 4)
        {
            pixels[i] = 255;
        }

        return new DecodedImage(width, height, pixels);
    }
}
