using System.Text.Json.Nodes;
using Deq.Export.Specs.Fixtures;
using Deq.Export.Tasks.Classification.Recipes;
using Deq.Runtime.Models;

namespace Deq.Export.Specs.Tasks.Classification.Recipes;

/// <summary>A recipe that gives only what it must, to be changed by a spec.</summary>
internal static class SmallRecipe
{
    public static JsonObject Json() => (JsonObject)JsonNode.Parse("""
        {
          "name": "tiny",
          "input": { "channels": 1, "height": 8, "width": 8, "mean": [0.25], "deviation": [0.5] },
          "architecture": { "channels": [8, 16], "stemChannels": 8 },
          "optimizer": { "learningRate": 0.001 },
          "training": { "epochs": 4 },
          "serving": { "solver": "anderson", "tolerance": 0.01, "maxEvaluations": 12, "evaluationsLimit": 48, "toleranceLimit": 0.0001 }
        }
        """)!;

    public static ClassifierRecipe Read(JsonNode json)
    {
        using TemporaryFolder folder = new();
        return ClassifierRecipe.Read(folder.Write("recipe.json", System.Text.Encoding.UTF8.GetBytes(json.ToJsonString())));
    }

    /// <summary>A recipe whose input has this size.</summary>
    public static ClassifierRecipe WithInput(int channels, int height, int width, string format = "auto")
    {
        ClassifierRecipe small = Read(Json());
        double[] halves = [.. Enumerable.Repeat(0.5, channels)];
        return small with
        {
            Dataset = small.Dataset with { Format = format },
            Input = new ImageInput { Channels = channels, Height = height, Width = width, Mean = halves, Deviation = halves },
        };
    }
}
