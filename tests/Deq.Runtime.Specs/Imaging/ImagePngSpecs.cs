using Deq.Runtime.Imaging;

namespace Deq.Runtime.Specs.Imaging;

public sealed class ImagePngSpecs
{
    [Fact]
    public void Writes_channels_as_colours()
    {
        byte[] png = ImagePng.Of([1, 0, 0, 1, 0, 0.2f], channels: 3, height: 1, width: 2);

        DecodedImage image = ImageDecoder.Decode(png, new ImageLimits());

        Assert.Equal((2, 1), (image.Width, image.Height));
        Assert.Equal([255, 0, 0, 255, 0, 255, 51, 255], image.Pixels);
    }

    [Fact]
    public void Takes_values_beyond_black_and_white_for_black_and_white()
    {
        DecodedImage image = ImageDecoder.Decode(ImagePng.Of([-1, 2], channels: 1, height: 2, width: 1), new ImageLimits());

        Assert.Equal([0, 255], [image.Pixels[0], image.Pixels[4]]);
    }

    [Fact]
    public void Refuses_another_number_of_values() => Assert.Throws<ArgumentException>(() => ImagePng.Of([0, 0], channels: 1, height: 1, width: 1));
}
