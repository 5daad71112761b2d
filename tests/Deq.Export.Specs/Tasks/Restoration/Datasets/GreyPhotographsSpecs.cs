using Deq.Export.Datasets;
using Deq.Export.Specs.Fixtures;
using Deq.Export.Tasks.Restoration.Datasets;

namespace Deq.Export.Specs.Tasks.Restoration.Datasets;

public sealed class GreyPhotographsSpecs : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(3, 40, 1, 4)]
    [InlineData(40, 7, 8, 16)]
    [InlineData(15, 40, 8, 16)]
    public void Names_a_picture_that_is_too_small_or_would_vanish_by_shrinking(int width, int height, int shrink, int least)
    {
        string small = _folder.Write("pictures/small.png", NoisyPicture.Png(width, height));

        string message = Assert.Throws<DatasetException>(() => GreyPhotographs.Open(_folder.File("pictures"), shrink)).Message;

        Assert.Contains(small, message, StringComparison.Ordinal);
        Assert.Contains($"is too small: {width} x {height} pixels; it needs at least {least}", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Takes_the_smallest_pictures_that_leave_two_pixels_along_each_side()
    {
        _folder.Write("pictures/small.png", NoisyPicture.Png(16, 17));

        GreyPicture picture = Assert.Single(GreyPhotographs.Open(_folder.File("pictures"), shrink: 8).All);

        Assert.Equal((2, 2), (picture.Width, picture.Height));
    }
}
