using Deq.Export.Datasets;
using Deq.Export.Recipes;
using Deq.Export.Specs.Fixtures;
using Deq.Export.Specs.Recipes;
using Deq.Export.Tasks.Classification.Datasets;

namespace Deq.Export.Specs.Tasks.Classification.Datasets;

public sealed class Cifar10FormatSpecs
{
    private static readonly TrainingRecipe Recipe = SmallRecipe.WithInput(3, 32, 32);

    [Theory]
    [InlineData("data_batch_1.bin", "data_batch_2.bin")]
    [InlineData("data_batch_1.bin.gz", "data_batch_2.bin.gz")]
    [InlineData("some.bin", "train.bin.gz")]
    public void Gives_the_records_of_all_training_files_in_order_of_their_names(string first, string second)
    {
        using TemporaryFolder folder = new();
        folder.Write(second, Record(9, 30));
        folder.Write(first, [.. Record(1, 10), .. Record(2, 20)]);
        folder.Write("test_batch.bin", Record(5, 50));

        ImageDataset dataset = DatasetReader.Open(Recipe, folder.Path, DatasetPart.Train);

        Assert.Equal([1, 2, 9], Enumerable.Range(0, dataset.Count).Select(dataset.Label));
        Assert.Equal([10, 20, 30], Enumerable.Range(0, dataset.Count).Select(index => (int)dataset.Image(index)[0]));
        Assert.Equal("truck", dataset.Labels[9]);
    }

    [Fact]
    public void Gives_the_test_file_for_the_test_part()
    {
        using TemporaryFolder folder = new();
        folder.Write("data_batch_1.bin", Record(1, 10));
        folder.Write("test_batch.bin", Record(5, 50));

        ImageDataset dataset = DatasetReader.Open(Recipe, folder.Path, DatasetPart.Test);

        Assert.Equal((1, 5), (dataset.Count, dataset.Label(0)));
        Assert.Equal(Record(5, 50)[1..], dataset.Image(0).ToArray());
    }

    [Fact]
    public void Names_the_file_that_ends_inside_a_record()
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("data_batch_1.bin", [.. Record(1, 10), .. Record(2, 20)[..500]]);

        DatasetException fault = Assert.Throws<DatasetException>(() => DatasetReader.Open(Recipe, folder.Path, DatasetPart.Train));

        Assert.Equal(path, fault.Path);
        Assert.Contains("byte 3573 in the middle of record 1", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rejects_a_label_that_is_no_class()
    {
        using TemporaryFolder folder = new();
        folder.Write("data_batch_1.bin", [.. Record(1, 10), .. Record(10, 20)]);

        DatasetException fault = Assert.Throws<DatasetException>(() => DatasetReader.Open(Recipe, folder.Path, DatasetPart.Train));

        Assert.Contains("Record 1 has label 10; 0 to 9", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rejects_an_empty_file()
    {
        using TemporaryFolder folder = new();
        folder.Write("data_batch_1.bin", []);

        DatasetException fault = Assert.Throws<DatasetException>(() => DatasetReader.Open(Recipe, folder.Path, DatasetPart.Train));

        Assert.Contains("empty", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Takes_the_names_beside_the_files_and_rejects_too_few()
    {
        using TemporaryFolder folder = new();
        folder.Write("data_batch_1.bin", Record(1, 10));
        folder.Write("batches.meta.txt", "A\nB\nC\n"u8.ToArray());

        DatasetException fault = Assert.Throws<DatasetException>(() => DatasetReader.Open(Recipe, folder.Path, DatasetPart.Train));
        folder.Write("batches.meta.txt", "A\nB\nC\nD\nE\nF\nG\nH\nI\nJ\n\n"u8.ToArray());
        ImageDataset dataset = DatasetReader.Open(Recipe, folder.Path, DatasetPart.Train);

        Assert.Contains("3 distinct names; 10", fault.Message, StringComparison.Ordinal);
        Assert.Equal("B", dataset.Labels[1]);
    }

    [Fact]
    public void Reads_real_records()
    {
        string directory = SharedImages.Directory("cifar10_lossless");

        ImageDataset dataset = DatasetReader.Open(Recipe, directory, DatasetPart.Train);

        Assert.Equal(4000, dataset.Count);
        Assert.Equal("frog", dataset.Labels[dataset.Label(0)]);
        Assert.All(Enumerable.Range(0, dataset.Count).CountBy(dataset.Label), members => Assert.InRange(members.Value, 330, 470));
    }

    private static byte[] Record(byte label, byte start) => [label, .. Enumerable.Range(0, 3072).Select(pixel => (byte)(start + (pixel % 100)))];
}
