using Deq.Export.Datasets;
using Deq.Export.Specs.Tasks.Classification.Recipes;
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
}
