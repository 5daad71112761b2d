using System.Text;
using Deq.Export.Datasets;
using Deq.Export.Specs.Fixtures;
using Deq.Export.Tasks.Latent.Datasets;
using Deq.Export.Tasks.Latent.Evaluation;
using Deq.Export.Tasks.Latent.Training;
using static TorchSharp.torch;

namespace Deq.Export.Specs.Tasks.Latent.Training;

public sealed class LatentRunSpecs : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(3, false)]
    [InlineData(4, true)]
    public void Needs_more_images_than_it_holds_out(int count, bool isEnough)
    {
        LatentRecipe recipe = LatentRecipeReader.Read(_folder.Write("recipe.json", Encoding.UTF8.GetBytes(SmallLatentDecoder.RecipeText)));
        IdxImages images = IdxImages.Open(SmallLatentDecoder.WriteImages(_folder, count));

        if (isEnough)
        {
            new LatentRun(recipe, images, CPU).Dispose();
        }
        else
        {
            Assert.Contains("none would be left", Assert.Throws<DatasetException>(() => new LatentRun(recipe, images, CPU)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Is_measured_on_what_there_is_where_fewer_images_than_were_held_out_are_given()
    {
        const int side = 28;
        _folder.Write("data/train-images-idx3-ubyte", [0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, side, 0, 0, 0, side, .. new byte[3 * side * side]]);
        IdxImages images = IdxImages.Open(_folder.File("data"));

        Assert.NotEmpty(DamagedImages.Of(images, held: 1000, count: 256));
    }
}
