using Deq.Export.Datasets;
using Deq.Export.Specs.Tasks.Classification.Datasets;
using Deq.Export.Specs.Tasks.Classification.Recipes;
using Deq.Export.Tasks.Classification.Datasets;
using Deq.Export.Tasks.Classification.Training;
using static TorchSharp.torch;

namespace Deq.Export.Specs.Tasks.Classification.Training;

public sealed class TrainingImagesSpecs
{
    [Fact]
    public void Need_a_class_of_two()
    {
        var recipe = SmallRecipe.Read(ThreeShapes.Recipe(epochs: 1));

        DatasetException fault = Assert.Throws<DatasetException>(() => new TrainingImages(recipe, ThreeShapes.Images(3), CPU));

        Assert.Contains("a class needs two", fault.Message, StringComparison.Ordinal);
        Assert.NotEmpty(new TrainingImages(recipe, ThreeShapes.Images(6), CPU).HeldOut);
    }

    [Theory]
    [InlineData("1 class; a classifier needs 2", "cat")]
    [InlineData("Class 1, counted from 0, has a blank name", "cat", " ")]
    [InlineData("no image to train with: dog, emu", "cat", "cow", "dog", "emu")]
    public void Need_classes_of_which_a_bundle_can_be_written(string expected, params string[] labels)
    {
        var recipe = SmallRecipe.Read(ThreeShapes.Recipe(epochs: 1));
        int[] labelOf = [.. Enumerable.Range(0, 8).Select(image => image % Math.Min(2, labels.Length))];
        var dataset = new ImageDataset(1, 8, 8, labels, [.. labelOf.Select(_ => new byte[64])], labelOf);

        DatasetException fault = Assert.Throws<DatasetException>(() => new TrainingImages(recipe, dataset, CPU));

        Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sample_held_out_images_of_every_class_though_they_lie_class_by_class()
    {
        var recipe = SmallRecipe.Read(ThreeShapes.Recipe(epochs: 1));
        ImageDataset dataset = SyntheticImages.WithLabels([.. Enumerable.Range(0, 120).Select(image => image / 40)], height: 8, width: 8);
        var images = new TrainingImages(recipe, dataset, CPU);

        int[] sample = images.SampleOfHeldOut(8);

        Assert.Equal(8, sample.Distinct().Count());
        Assert.All(sample, image => Assert.Contains(image, images.HeldOut));
        Assert.Equal([0, 1, 2], sample.Select(dataset.Label).Distinct());
        Assert.True(images.HeldOut.SequenceEqual(images.SampleOfHeldOut(1000)));
    }
}
