using System.Text.Json.Nodes;
using Deq.Export.Specs.Fixtures;
using Deq.Export.Tasks.Restoration.Datasets;
using Deq.Export.Tasks.Restoration.Training;
using Deq.Testing;
using static TorchSharp.torch;

namespace Deq.Export.Specs.Tasks.Restoration.Training;

public sealed class RestorationRunSpecs : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1, "one picture, on which it is validated too")]
    [InlineData(2, "1 pictures, 1 held out")]
    [InlineData(5, "4 pictures, 1 held out")]
    [InlineData(8, "7 pictures, 1 held out")]
    public void Says_what_it_is_validated_on_and_holds_a_picture_out_where_there_are_two(int pictures, string said)
    {
        for (int i = 0; i < pictures; i++)
        {
            _folder.Write($"pictures/{i}.png", NoisyPicture.Png(160, 160));
        }

        JsonObject json = JsonNode.Parse(File.ReadAllText(Repository.Folder("models", "restore", "recipe.json")))!.AsObject();
        json["training"]!["heldOutEvery"] = 8;
        RestorationRecipe recipe = RestorationRecipeReader.Read(_folder.Write("recipe.json", System.Text.Encoding.UTF8.GetBytes(json.ToJsonString())));

        using var run = new RestorationRun(recipe, GreyPhotographs.Open(_folder.File("pictures"), shrink: 1), CPU);

        Assert.Contains(said, run.Plan.Description, StringComparison.Ordinal);
    }
}
