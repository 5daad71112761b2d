using System.Text.Json.Nodes;
using Deq.Export.Recipes;
using Deq.Export.Specs.Fixtures;
using Deq.Export.Tasks.Flow.Training;
using Deq.Export.Tasks.Latent.Training;
using Deq.Export.Tasks.Reasoning.Training;
using Deq.Export.Tasks.Restoration.Training;
using Deq.Testing;

namespace Deq.Export.Specs.Tasks;

/// <summary>What no bundle could be written of, and what a task does not use, is a fault of the recipe, not of the export after days of training.</summary>
public sealed class RecipeContradictionSpecs : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("restore", "serving.evaluationsLimit", "{ \"serving\": { \"maxEvaluations\": 200, \"evaluationsLimit\": 100 } }")]
    [InlineData("restore", "gradient.kind", "{ \"gradient\": { \"kind\": \"shine\" } }")]
    [InlineData("restore", "schedule.restartAfterEpoch", "{ \"schedule\": { \"restartAfterEpoch\": 2 } }")]
    [InlineData("restore", "solver.start", "{ \"solver\": { \"start\": \"noise\" } }")]
    [InlineData("fashion-latent", "jacobianRegularization.laterWeight", "{ \"jacobianRegularization\": { \"laterWeight\": 0.1 } }")]
    [InlineData("fashion-latent", "schedule.restartFactor", "{ \"schedule\": { \"restartFactor\": 0.5 } }")]
    [InlineData("fashion-latent", "serving.toleranceLimit", "{ \"serving\": { \"tolerance\": 0.001, \"toleranceLimit\": 0.01 } }")]
    [InlineData("maze", "serving.efforts", "{ \"serving\": { \"efforts\": [] } }")]
    [InlineData("maze", "serving.efforts[4].evaluations", "{ \"serving\": { \"evaluationsLimit\": 40, \"maxEvaluations\": 30 } }")]
    [InlineData("flow", "serving.leastSide", "{ \"serving\": { \"leastSide\": 1024, \"mostPixels\": 524288 } }")]
    public void Are_named_before_the_first_step(string model, string place, string changes)
    {
        JsonObject recipe = JsonNode.Parse(File.ReadAllText(Repository.Folder("models", model, "recipe.json")))!.AsObject();
        string whole = _folder.Write("whole.json", System.Text.Encoding.UTF8.GetBytes(recipe.ToJsonString()));
        Read(model, whole);
        foreach ((string section, JsonNode? values) in JsonNode.Parse(changes)!.AsObject())
        {
            JsonObject target = recipe[section]?.AsObject() ?? [];
            recipe[section] = target;
            foreach ((string key, JsonNode? value) in values!.AsObject())
            {
                target[key] = value?.DeepClone();
            }
        }

        string path = _folder.Write("recipe.json", System.Text.Encoding.UTF8.GetBytes(recipe.ToJsonString()));

        Assert.Contains(place, Assert.Throws<RecipeException>(() => Read(model, path)).Message, StringComparison.Ordinal);
    }

    private static object Read(string model, string path) => model switch
    {
        "restore" => RestorationRecipeReader.Read(path),
        "fashion-latent" => LatentRecipeReader.Read(path),
        "maze" => ReasoningRecipeReader.Read(path),
        _ => FlowRecipeReader.Read(path),
    };
}
