using CsCheck;
using Deq.Export.Specs.Fixtures;
using Deq.Export.Tasks.Flow.Datasets;
using Deq.Runtime.Imaging;

namespace Deq.Export.Specs.Tasks.Flow.Datasets;

public sealed class PixmapFileSpecs
{
    [Fact]
    public void Is_an_opaque_image_of_its_three_channels()
    {
        DecodedImage image = PixmapFile.Read([.. "P6 1 2 255\n"u8, 1, 2, 3, 4, 5, 6], new ImageLimits());

        Assert.Equal((1, 2), (image.Width, image.Height));
        Assert.Equal([1, 2, 3, 255, 4, 5, 6, 255], image.Pixels);
    }

    [Fact]
    public void Throws_nothing_but_rejections_when_bytes_are_changed_or_cut_off()
    {
        byte[] bytes = FlowFiles.Pixmap(7);
        Gen.Select(Gen.Int[0, 30], Gen.Byte, Gen.Int[0, bytes.Length]).Each(3000, change =>
        {
            byte[] changed = [.. bytes[..change.Item3]];
            if (change.Item1 < changed.Length)
            {
                changed[change.Item1] = change.Item2;
            }

            Exception? thrown = Record.Exception(() => PixmapFile.Read(changed, new ImageLimits { MaxPixels = 1000 }));

            Assert.True(thrown is null or ImageRejectedException, thrown?.ToString());
        });
    }
}
