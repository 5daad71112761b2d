using CsCheck;
using Deq.Export.Datasets;
using Deq.Export.Specs.Fixtures;
using Deq.Export.Specs.Tasks.Classification.Recipes;
using Deq.Export.Tasks.Classification.Datasets;
using Deq.Export.Tasks.Classification.Recipes;

namespace Deq.Export.Specs.Tasks.Classification.Datasets;

public sealed class DatasetReaderSpecs
{
    public static TheoryData<string> DamagedFiles => new(
        "train-images-idx3-ubyte",
        "train-labels-idx1-ubyte",
        "train-images-idx3-ubyte.gz",
        "train-labels-idx1-ubyte.gz",
        "data_batch_1.bin",
        "data_batch_1.bin.gz");

    [Theory]
    [MemberData(nameof(DamagedFiles))]
    public void Gives_a_data_set_or_a_data_set_exception_whatever_happened_to_its_bytes(string name)
    {
        using TemporaryFolder folder = new();
        bool isIdx = name.Contains("idx", StringComparison.Ordinal);
        ClassifierRecipe recipe = isIdx ? SmallRecipe.WithInput(1, 4, 4, "idx") : SmallRecipe.WithInput(3, 32, 32, "cifar10");
        WriteGoodFiles(folder, isIdx, name.EndsWith(".gz", StringComparison.Ordinal) ? ".gz" : "");
        byte[] good = File.ReadAllBytes(folder.File(name));
        Gen<int> places = Gen.Int[0, Math.Min(40, good.Length - 1)];
        Gen<byte[]> damaged = Gen.Select(places, Gen.Byte, Gen.Int[0, good.Length], Gen.Bool, (at, value, length, truncates) =>
        {
            byte[] copy = [.. good];
            copy[at] = value;
            return truncates ? copy[..length] : copy;
        });

        damaged.Each(
            300,
            bytes =>
            {
                File.WriteAllBytes(folder.File(name), bytes);

                Exception? fault = Record.Exception(() => DatasetReader.Open(recipe, folder.Path, DatasetPart.Train));

                Assert.True(fault is null or DatasetException, $"{fault}");
            });
    }

    [Fact]
    public void Says_what_each_format_holds_when_none_is_recognised()
    {
        using TemporaryFolder folder = new();

        DatasetException fault = Assert.ThrowsAny<DatasetException>(
            () => DatasetReader.Open(SmallRecipe.WithInput(1, 4, 4), folder.Path, DatasetPart.Train));

        Assert.All(DatasetFormats.Names, name => Assert.Contains($"{name} holds", fault.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Names_a_directory_that_is_missing()
    {
        DatasetException fault = Assert.ThrowsAny<DatasetException>(
            () => DatasetReader.Open(SmallRecipe.WithInput(1, 4, 4), "nowhere", DatasetPart.Train));

        Assert.Equal("nowhere", fault.Path);
    }

    [Fact]
    public void Names_both_sizes_when_the_images_do_not_fit_the_recipe()
    {
        using TemporaryFolder folder = new();
        WriteGoodFiles(folder, isIdx: true, packing: "");

        DatasetException fault = Assert.ThrowsAny<DatasetException>(
            () => DatasetReader.Open(SmallRecipe.WithInput(1, 4, 8), folder.Path, DatasetPart.Train));

        Assert.Contains("[1, 4, 4]", fault.Message, StringComparison.Ordinal);
        Assert.Contains("[1, 4, 8]", fault.Message, StringComparison.Ordinal);
    }

    private static void WriteGoodFiles(TemporaryFolder folder, bool isIdx, string packing)
    {
        if (isIdx)
        {
            folder.Write("train-images-idx3-ubyte" + packing, IdxFiles.Images(4, 4, new byte[16], new byte[16], new byte[16]));
            folder.Write("train-labels-idx1-ubyte" + packing, IdxFiles.Labels(0, 1, 2));
        }
        else
        {
            folder.Write("data_batch_1.bin" + packing, new byte[3 * 3073]);
        }
    }
}
