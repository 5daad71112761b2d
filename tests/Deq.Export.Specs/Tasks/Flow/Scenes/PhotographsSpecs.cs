using Deq.Export.Datasets;
using Deq.Export.Specs.Fixtures;
using Deq.Export.Specs.Tasks.Restoration;
using Deq.Export.Tasks.Flow.Scenes;

namespace Deq.Export.Specs.Tasks.Flow.Scenes;

public sealed class PhotographsSpecs : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1, 40)]
    [InlineData(40, 3)]
    public void Names_a_picture_that_is_too_small_to_be_halved_and_interpolated(int width, int height)
    {
        _folder.Write("pictures/a.png", NoisyPicture.Png(16, 16));
        string small = _folder.Write("pictures/b.png", NoisyPicture.Png(width, height));

        string message = Assert.Throws<DatasetException>(() => Photographs.Open(_folder.File("pictures"))).Message;

        Assert.Contains(small, message, StringComparison.Ordinal);
        Assert.Contains($"is too small: {width} x {height} pixels; it needs at least 4", message, StringComparison.Ordinal);
    }
}
