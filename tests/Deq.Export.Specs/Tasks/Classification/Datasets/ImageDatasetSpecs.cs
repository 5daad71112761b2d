using Deq.Export.Tasks.Classification.Datasets;

namespace Deq.Export.Specs.Tasks.Classification.Datasets;

public sealed class ImageDatasetSpecs
{
    [Fact]
    public void Rejects_what_does_not_fit_together_and_names_both_numbers()
    {
        byte[] good = new byte[12];

        ArgumentException count = Assert.Throws<ArgumentException>(() => new ImageDataset(3, 2, 2, ["a", "b"], [good, good], [0]));
        ArgumentException size = Assert.Throws<ArgumentException>(() => new ImageDataset(3, 2, 2, ["a", "b"], [good, new byte[11]], [0, 1]));
        ArgumentException label = Assert.Throws<ArgumentException>(() => new ImageDataset(3, 2, 2, ["a", "b"], [good, good], [0, 2]));

        Assert.Contains("2 images and 1 labels", count.Message, StringComparison.Ordinal);
        Assert.Contains("Image 1 has 11 bytes; [3, 2, 2] has 12", size.Message, StringComparison.Ordinal);
        Assert.Contains("Image 1 has label 2; there are 2 classes", label.Message, StringComparison.Ordinal);
    }
}
