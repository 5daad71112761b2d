using Deq.Api.Tasks.Restoration;

namespace Deq.Api.Specs.Tasks.Restoration;

public sealed class PicturePreviewSpecs
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(192, 192)]
    [InlineData(500, 300)]
    public void Takes_no_more_than_it_says_even_of_noise(int width, int height)
    {
        var random = new Random(1);
        var preview = new PicturePreview(width, height);

        string text = preview.Of([.. Enumerable.Range(0, width * height).Select(_ => random.NextSingle())]);

        Assert.InRange(sizeof(char) * (long)text.Length, 1, preview.Bytes);
    }
}
