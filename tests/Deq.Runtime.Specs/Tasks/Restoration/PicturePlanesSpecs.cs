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

    [Fact]
    public void Decodes_to_what_was_written()
    {
        var planes = new PicturePlanes(3, 2, [[0, 0.2f, 0.4f, 0.6f, 0.8f, 1.4f]]);

        DecodedImage read = ImageDecoder.Decode(planes.Png(), new ImageLimits());

        Assert.Equal<byte>([0, 51, 102, 153, 204, 255], read.Pixels.Where((_, i) => i % 4 == 0));
    }
}
