using Deq.Export.Datasets;
using Deq.Export.Specs.Fixtures;
using Deq.Export.Specs.Tasks.Classification.Recipes;
using Deq.Export.Tasks.Classification.Datasets;
using Deq.Export.Tasks.Classification.Recipes;
using Deq.Runtime.Imaging;
using SkiaSharp;

namespace Deq.Export.Specs.Tasks.Classification.Datasets;

public sealed class FolderFormatSpecs
{
    private static readonly ClassifierRecipe Recipe = SmallRecipe.WithInput(3, 8, 8);

    [Fact]
    public void Takes_sub_folders_for_classes_sorted_by_name_and_brings_every_image_to_the_input()
    {
        using TemporaryFolder folder = new();
        folder.Write("dog/b.png", PictureFiles.Plain(new SKColor(1, 2, 3), 40, 40));
        folder.Write("dog/a.PNG", PictureFiles.Plain(new SKColor(4, 5, 6), 3, 3));
        folder.Write("cat/deeper/c.png", PictureFiles.Plain(new SKColor(7, 8, 9)));
        folder.Write("cat/notes.txt", [1, 2, 3]);
        folder.Write(".hidden/d.png", PictureFiles.Plain(SKColors.Red));

        ImageDataset dataset = DatasetReader.Open(Recipe, folder.Path, DatasetPart.Train);

        Assert.Equal(["cat", "dog"], dataset.Labels);
        Assert.Equal([0, 1, 1], Enumerable.Range(0, dataset.Count).Select(dataset.Label));
        Assert.Equal([7, 4, 1], Enumerable.Range(0, dataset.Count).Select(index => (int)dataset.Image(index)[0]));
        Assert.Equal(Planes(7, 8, 9), dataset.Image(0).ToArray());
    }

    [Theory]
    [InlineData("train", "test")]
    [InlineData("train", "val")]
    [InlineData("Train", "Test")]
    [InlineData("TRAIN", "Valid")]
    [InlineData("training", "testing")]
    [InlineData("Training", "validation")]
    public void Keeps_the_parts_apart_and_numbers_their_classes_alike(string trainFolder, string testFolder)
    {
        using TemporaryFolder folder = new();
        folder.Write(trainFolder + "/cat/a.png", PictureFiles.Plain(new SKColor(10, 10, 10)));
        folder.Write(trainFolder + "/dog/a.png", PictureFiles.Plain(new SKColor(20, 20, 20)));
        folder.Write(testFolder + "/dog/a.png", PictureFiles.Plain(new SKColor(30, 30, 30)));

        ImageDataset train = DatasetReader.Open(Recipe, folder.Path, DatasetPart.Train);
        ImageDataset test = DatasetReader.Open(Recipe, folder.Path, DatasetPart.Test);

        Assert.Equal((2, 1), (train.Count, test.Count));
        Assert.Equal(("dog", 30), (test.Labels[test.Label(0)], (int)test.Image(0)[0]));
    }

    [Theory]
    [InlineData("test")]
    [InlineData("val")]
    [InlineData("valid")]
    [InlineData("Validation")]
    public void Does_not_take_a_test_folder_beside_the_classes_for_a_class(string testFolder)
    {
        using TemporaryFolder folder = new();
        folder.Write("cat/a.png", PictureFiles.Plain(SKColors.Red));
        folder.Write("dog/a.png", PictureFiles.Plain(SKColors.Red));
        folder.Write(testFolder + "/dog/a.png", PictureFiles.Plain(SKColors.Red));

        ImageDataset train = DatasetReader.Open(Recipe, folder.Path, DatasetPart.Train);
        ImageDataset test = DatasetReader.Open(Recipe, folder.Path, DatasetPart.Test);

        Assert.Equal((2, 1), (train.Count, test.Count));
        Assert.Equal(train.Labels, test.Labels);
    }

    [Fact]
    public void Takes_a_folder_of_images_for_a_class_even_if_a_part_could_have_its_name()
    {
        using TemporaryFolder folder = new();
        folder.Write("valid/a.png", PictureFiles.Plain(SKColors.Red));
        folder.Write("invalid/a.png", PictureFiles.Plain(SKColors.Red));

        Assert.Equal(["invalid", "valid"], DatasetReader.Open(Recipe, folder.Path, DatasetPart.Train).Labels);
        Assert.Throws<MissingPartException>(() => DatasetReader.Open(Recipe, folder.Path, DatasetPart.Test));
    }

    [Theory]
    [InlineData("train")]
    [InlineData("Train")]
    [InlineData("training")]
    public void Takes_a_class_called_train_for_a_class(string name)
    {
        using TemporaryFolder folder = new();
        folder.Write($"{name}/a.png", PictureFiles.Plain(SKColors.Red));
        folder.Write("zeppelin/a.png", PictureFiles.Plain(SKColors.Red));

        Assert.Equal([name, "zeppelin"], DatasetReader.Open(Recipe, folder.Path, DatasetPart.Train).Labels);
    }

    [Fact]
    public void Names_two_folders_of_one_part()
    {
        using TemporaryFolder folder = new();
        foreach (string part in new[] { "train", "Train" })
        {
            folder.Write(part + "/cat/a.png", PictureFiles.Plain(SKColors.Red));
            folder.Write(part + "/dog/a.png", PictureFiles.Plain(SKColors.Red));
        }

        Assert.SkipUnless(Directory.GetDirectories(folder.Path).Length == 2, "This file system ignores the case of names.");
        DatasetException fault = Assert.ThrowsAny<DatasetException>(() => DatasetReader.Open(Recipe, folder.Path, DatasetPart.Train));
        Assert.Contains("name the same part", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(".ipynb_checkpoints/a-checkpoint.png")]
    [InlineData(".hidden.png")]
    [InlineData("._a.png")]
    [InlineData("@eaDir/a.png/SYNOPHOTO_THUMB_M.jpg")]
    [InlineData("deeper/__MACOSX/a.png")]
    public void Reads_nothing_hidden_at_any_level(string hidden)
    {
        using TemporaryFolder folder = new();
        folder.Write("cat/a.png", PictureFiles.Plain(SKColors.Red));
        folder.Write("dog/a.png", PictureFiles.Plain(SKColors.Red));
        folder.Write("cat/" + hidden, "no image"u8.ToArray());
        folder.Write(hidden.Contains('/', StringComparison.Ordinal) ? hidden.Replace("deeper/", "", StringComparison.Ordinal) : "@eaDir/a.png", "no image"u8.ToArray());

        ImageDataset dataset = DatasetReader.Open(Recipe, folder.Path, DatasetPart.Train);

        Assert.Equal((2, 2), (dataset.Count, dataset.Labels.Count));
    }

    [Theory]
    [InlineData(".", 1)]
    [InlineData("..", 1)]
    [InlineData("../../elsewhere", 2)]
    public void Follows_a_link_to_a_folder_once_and_never_up(string target, int cats)
    {
        using TemporaryFolder folder = new();
        folder.Write("data/cat/a.png", PictureFiles.Plain(SKColors.Red));
        folder.Write("data/dog/a.png", PictureFiles.Plain(SKColors.Red));
        folder.Write("elsewhere/b.png", PictureFiles.Plain(SKColors.Red));
        Directory.CreateSymbolicLink(folder.File("data/cat/link"), target);
        Directory.CreateSymbolicLink(folder.File("data/cat/once-more"), target);

        ImageDataset dataset = DatasetReader.Open(Recipe, folder.File("data"), DatasetPart.Train);

        Assert.Equal(cats + 1, dataset.Count);
        Assert.Equal(cats, Enumerable.Range(0, dataset.Count).Count(image => dataset.Label(image) == 0));
    }

    [Fact]
    public void Tells_a_part_that_is_missing_from_one_that_is_faulty()
    {
        using TemporaryFolder folder = new();
        folder.Write("train/cat/a.png", PictureFiles.Plain(SKColors.Red));
        folder.Write("train/dog/a.png", PictureFiles.Plain(SKColors.Red));
        Assert.Throws<MissingPartException>(() => DatasetReader.Open(Recipe, folder.Path, DatasetPart.Test));

        folder.Write("test/cat/a.png", "damaged"u8.ToArray());

        DatasetException fault = Assert.ThrowsAny<DatasetException>(() => DatasetReader.Open(Recipe, folder.Path, DatasetPart.Test));
        Assert.IsNotType<MissingPartException>(fault);
        Assert.Contains(Path.Combine("cat", "a.png"), fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dog/a.png", "dog/b.png")]
    [InlineData("val/dog/a.png", "val/dog/b.png")]
    public void Measures_a_model_without_a_recipe_on_a_test_part_alone_with_or_without_its_folder(string first, string second)
    {
        using TemporaryFolder folder = new();
        folder.Write(first, PictureFiles.Plain(SKColors.Red));
        folder.Write(second, PictureFiles.Plain(SKColors.Red));

        ImageDataset dataset = DatasetReader.Open(DatasetReader.Recognise, folder.Path, DatasetPart.TestOrWhole, Recipe.Input, ["cat", "dog"]);

        Assert.Equal([1, 1], Enumerable.Range(0, dataset.Count).Select(dataset.Label));
    }

    [Fact]
    public void Measures_no_model_on_a_training_part()
    {
        using TemporaryFolder folder = new();
        folder.Write("train/cat/a.png", PictureFiles.Plain(SKColors.Red));
        folder.Write("train/dog/a.png", PictureFiles.Plain(SKColors.Red));

        Assert.Throws<MissingPartException>(() => DatasetReader.Open(DatasetReader.Recognise, folder.Path, DatasetPart.TestOrWhole, Recipe.Input, ["cat", "dog"]));
    }

    [Fact]
    public void Numbers_classes_in_the_order_of_the_recipes_labels()
    {
        using TemporaryFolder folder = new();
        folder.Write("cat/a.png", PictureFiles.Plain(new SKColor(10, 10, 10)));
        folder.Write("dog/a.png", PictureFiles.Plain(new SKColor(20, 20, 20)));

        ImageDataset dataset = DatasetReader.Open(Recipe with { Labels = ["dog", "cat"] }, folder.Path, DatasetPart.Train);

        Assert.Equal([(1, 10), (0, 20)], Enumerable.Range(0, 2).Select(index => (dataset.Label(index), (int)dataset.Image(index)[0])));
    }

    [Fact]
    public void Names_images_that_cannot_be_read()
    {
        using TemporaryFolder folder = new();
        byte[] good = PictureFiles.Plain(SKColors.Red);
        folder.Write("cat/good.png", good);
        folder.Write("cat/empty.png", []);
        folder.Write("dog/text.jpg", "no picture"u8.ToArray());
        folder.Write("dog/good.png", good);

        DatasetException fault = Assert.ThrowsAny<DatasetException>(() => DatasetReader.Open(Recipe, folder.Path, DatasetPart.Train));

        Assert.Contains("2 images", fault.Message, StringComparison.Ordinal);
        Assert.Contains(Path.Combine("cat", "empty.png"), fault.Message, StringComparison.Ordinal);
        Assert.Contains(Path.Combine("dog", "text.jpg: "), fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("good.png", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_classes_without_images()
    {
        using TemporaryFolder folder = new();
        folder.Write("cat/a.png", PictureFiles.Plain(SKColors.Red));
        folder.Write("dog/readme.md", [1]);
        folder.Write("emu/readme.md", [1]);

        DatasetException fault = Assert.ThrowsAny<DatasetException>(() => DatasetReader.Open(Recipe, folder.Path, DatasetPart.Train));

        Assert.Contains("2 classes (dog, emu) without images", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("train/cat", "train/dog", "test/cow", "cow")]
    [InlineData("train/cat", "train/dog", "other/dog", "no sub-folder test or val")]
    [InlineData("train/cat", "train/dog", "test/dog/.nothing", "2 classes (cat, dog) without images")]
    public void Names_what_is_wrong_with_the_test_part(string first, string second, string third, string expected)
    {
        using TemporaryFolder folder = new();
        foreach (string path in new[] { first, second, third })
        {
            folder.Write(path + (path.EndsWith("nothing", StringComparison.Ordinal) ? "/a.txt" : "/a.png"), PictureFiles.Plain(SKColors.Red));
        }

        DatasetException fault = Assert.ThrowsAny<DatasetException>(() => DatasetReader.Open(Recipe, folder.Path, DatasetPart.Test));

        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(DatasetPart.Train)]
    [InlineData(DatasetPart.Test)]
    public void Rejects_a_single_class(object part)
    {
        using TemporaryFolder folder = new();
        folder.Write("train/cat/a.png", PictureFiles.Plain(SKColors.Red));
        folder.Write("test/cat/a.png", PictureFiles.Plain(SKColors.Red));

        DatasetException fault = Assert.ThrowsAny<DatasetException>(() => DatasetReader.Open(Recipe, folder.Path, (DatasetPart)part));

        Assert.Contains("1 sub-folders", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Gives_an_image_as_the_served_model_sees_it_to_half_a_grey_level()
    {
        using TemporaryFolder folder = new();
        byte[] picture = PictureFiles.Gradient(21, 13);
        folder.Write("cat/a.png", picture);
        folder.Write("dog/a.png", picture);
        float[] served = new float[3 * 8 * 8];
        ImageTensor.Fill(ImageDecoder.Decode(picture, new ImageLimits()), Recipe.Input, served);

        ImageDataset dataset = DatasetReader.Open(Recipe, folder.Path, DatasetPart.Train);
        float[] trained = new float[3 * 8 * 8];
        new ImageBatches(dataset, Recipe.Input).Fill([1], epoch: 0, trained, new long[1]);

        // Half of 1/255, divided by the recipe's deviation of ½, and single precision.
        Assert.All(served.Zip(trained), pair => Assert.Equal(pair.First, pair.Second, (1 / 255.0) + 1e-5));
    }

    private static byte[] Planes(params byte[] colours) => [.. colours.SelectMany(colour => Enumerable.Repeat(colour, 64))];
}
