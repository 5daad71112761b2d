using Deq.Export.Datasets;
using Deq.Export.Specs.Fixtures;
using Deq.Export.Specs.Tasks.Classification.Recipes;
using Deq.Export.Tasks.Classification.Datasets;
using Deq.Export.Tasks.Classification.Recipes;

namespace Deq.Export.Specs.Tasks.Classification.Datasets;

public sealed class IdxFormatSpecs
{
    private static readonly ClassifierRecipe Recipe = SmallRecipe.WithInput(1, 2, 3);

    [Theory]
    [InlineData("")]
    [InlineData(".gz")]
    public void Gives_each_image_and_its_label(string packing)
    {
        using TemporaryFolder folder = new();
        folder.Write("train-images-idx3-ubyte" + packing, IdxFiles.Images(2, 3, [1, 2, 3, 4, 5, 6], [11, 12, 13, 14, 15, 16]));
        folder.Write("train-labels-idx1-ubyte" + packing, IdxFiles.Labels(2, 0));

        ImageDataset dataset = DatasetReader.Open(Recipe, folder.Path, DatasetPart.Train);

        Assert.Equal((2, 1, 2, 3), (dataset.Count, dataset.Channels, dataset.Height, dataset.Width));
        Assert.Equal([11, 12, 13, 14, 15, 16], dataset.Image(1).ToArray());
        Assert.Equal((2, 0), (dataset.Label(0), dataset.Label(1)));
        Assert.Equal(["0", "1", "2"], dataset.Labels);
    }

    [Fact]
    public void Keeps_the_parts_apart_and_takes_the_recipes_labels()
    {
        using TemporaryFolder folder = new();
        folder.Write("train-images-idx3-ubyte", IdxFiles.Images(2, 3, new byte[6]));
        folder.Write("train-labels-idx1-ubyte", IdxFiles.Labels(0));
        folder.Write("t10k-images-idx3-ubyte", IdxFiles.Images(2, 3, [9, 9, 9, 9, 9, 9]));
        folder.Write("t10k-labels-idx1-ubyte", IdxFiles.Labels(1));

        ImageDataset dataset = DatasetReader.Open(Recipe with { Labels = ["shirt", "shoe"] }, folder.Path, DatasetPart.Test);

        Assert.Equal(9, dataset.Image(0)[0]);
        Assert.Equal("shoe", dataset.Labels[dataset.Label(0)]);
    }

    [Theory]
    [InlineData("t10k-images-idx3-ubyte", "There is t10k-images-idx3-ubyte, and no t10k-labels-idx1-ubyte, plain or .gz.")]
    [InlineData("t10k-labels-idx1-ubyte", "There is t10k-labels-idx1-ubyte, and no t10k-images-idx3-ubyte, plain or .gz.")]
    public void Names_the_half_of_a_part_that_is_missing(string present, string expected)
    {
        using TemporaryFolder folder = new();
        folder.Write("train-images-idx3-ubyte", IdxFiles.Images(2, 3, new byte[6]));
        folder.Write("train-labels-idx1-ubyte", IdxFiles.Labels(0));
        folder.Write(present, present.Contains("images", StringComparison.Ordinal) ? IdxFiles.Images(2, 3, new byte[6]) : IdxFiles.Labels(0));

        DatasetException fault = Assert.Throws<DatasetException>(() => DatasetReader.Open(Recipe, folder.Path, DatasetPart.Test));

        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("images", 0, 9, "0x09000803")]
    [InlineData("labels", 3, 3, "0x00000801")]
    [InlineData("images", 7, 3, "middle of image 2 of 3")]
    [InlineData("images", 7, 1, "continues")]
    [InlineData("labels", 7, 1, "continues")]
    [InlineData("labels", 7, 3, "middle of label 2")]
    [InlineData("images", 7, 0, "announces 0")]
    [InlineData("images", 10, 255, "pixels")]
    [InlineData("images", 15, 0, "pixels")]
    [InlineData("labels", 9, 5, "Label 1 is 5; 0 to 1")]
    public void Names_the_file_and_what_is_wrong_with_it(string damagedFile, int at, byte value, string expected)
    {
        using TemporaryFolder folder = new();
        byte[] images = IdxFiles.Images(2, 3, new byte[6], new byte[6]);
        byte[] labels = IdxFiles.Labels(0, 1);
        (damagedFile == "images" ? images : labels)[at] = value;
        folder.Write("train-images-idx3-ubyte", images);
        folder.Write("train-labels-idx1-ubyte", labels);

        DatasetException fault = Assert.ThrowsAny<DatasetException>(
            () => DatasetReader.Open(Recipe with { Labels = ["a", "b"] }, folder.Path, DatasetPart.Train));

        Assert.Contains($"train-{damagedFile}-idx", fault.Path, StringComparison.Ordinal);
        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rejects_files_whose_counts_differ()
    {
        using TemporaryFolder folder = new();
        folder.Write("train-images-idx3-ubyte", IdxFiles.Images(2, 3, new byte[6], new byte[6]));
        folder.Write("train-labels-idx1-ubyte", IdxFiles.Labels(0, 1, 1));

        DatasetException fault = Assert.ThrowsAny<DatasetException>(() => DatasetReader.Open(Recipe, folder.Path, DatasetPart.Train));

        Assert.Contains("3 labels", fault.Message, StringComparison.Ordinal);
        Assert.Contains("2 images", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(DatasetPart.Train, "train-labels-idx1-ubyte")]
    [InlineData(DatasetPart.Test, "t10k-images-idx3-ubyte")]
    public void Names_a_file_that_is_missing(object part, string missing)
    {
        using TemporaryFolder folder = new();
        folder.Write("train-images-idx3-ubyte", IdxFiles.Images(2, 3, new byte[6]));

        DatasetException fault = Assert.ThrowsAny<DatasetException>(() => DatasetReader.Open(Recipe, folder.Path, (DatasetPart)part));

        Assert.Contains(missing, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Reads_all_of_fashion_mnist()
    {
        string directory = SharedImages.Directory("fashion_mnist");

        ImageDataset dataset = DatasetReader.Open(SmallRecipe.WithInput(1, 28, 28), directory, DatasetPart.Train);

        Assert.Equal(60_000, dataset.Count);
        Assert.Equal(10, dataset.Labels.Count);
        Assert.All(Enumerable.Range(0, dataset.Count).CountBy(dataset.Label), members => Assert.Equal(6000, members.Value));
    }
}
