using System.CommandLine;
using System.Text;
using Deq.Export.Commands;
using Deq.Export.Specs.Fixtures;
using Deq.Export.Specs.Tasks.Classification;
using Deq.Export.Specs.Tasks.Flow.Evaluation;
using Deq.Export.Specs.Tasks.Halves;
using Deq.Export.Specs.Tasks.Latent;
using Deq.Export.Specs.Tasks.Restoration;
using Deq.Export.Tasks;
using Deq.Export.Tasks.Classification;
using Deq.Export.Tasks.Flow;
using Deq.Export.Tasks.Latent;
using Deq.Export.Tasks.Reasoning;
using Deq.Export.Tasks.Restoration;

namespace Deq.Export.Specs.Tasks;

public sealed class EveryTaskSpecs
{
    private const string FlowRecipe = """
        { "name": "every", "seed": 3,
          "architecture": { "features": 8, "trunk": [8, 12], "window": 2 },
          "motion": { "height": 32, "width": 32 }, "serving": { "maxEvaluations": 6, "leastSide": 20, "mostPixels": 8192 },
          "optimizer": { "learningRate": 1e-3 }, "training": { "steps": 1, "batchSize": 2, "reportEvery": 1, "validationPairs": 2 } }
        """;

    private const string ReasoningRecipe = """
        { "name": "every", "seed": 3, "puzzles": [{ "kind": "prefix-sum", "least": 3, "most": 5 }],
          "architecture": { "kind": "sequence", "channels": 8, "hidden": 8 }, "optimizer": { "learningRate": 1e-3 },
          "training": { "steps": 1, "batchSize": 2, "reportEvery": 1, "settledFrom": 2 },
          "validation": [{ "kind": "prefix-sum", "least": 5, "most": 5, "count": 2, "evaluations": 4 }],
          "serving": { "maxEvaluations": 8, "evaluationsLimit": 64, "efforts": [
            { "name": "minimal", "evaluations": 1 }, { "name": "low", "evaluations": 2 }, { "name": "medium", "evaluations": 4 },
            { "name": "high", "evaluations": 8 }, { "name": "max", "evaluations": 16, "starts": 2 }] } }
        """;

    private const string RestorationRecipe = """
        { "name": "every", "seed": 3, "ridge": { "filters": 8, "extent": 6 }, "optimizer": { "learningRate": 1e-3 },
          "training": { "steps": 1, "batchSize": 2, "patch": 16, "shrink": 1, "reportEvery": 1 },
          "serving": { "solver": "anderson", "tolerance": 1e-3, "maxEvaluations": 8, "evaluationsLimit": 64, "toleranceLimit": 1e-6 } }
        """;

    private const string HalvesRecipe = """{ "name": "every", "training": { "epochs": 2, "batchSize": 6 } }""";

    /// <summary>Every task of the program, and one more that lives here.</summary>
    public static TheoryData<string> Tasks => ["classification", "flow", "latent", "reasoning", "restoration", "halves"];

    [Theory]
    [MemberData(nameof(Tasks))]
    public void Trains_exports_verifies_evaluates_and_says_its_limits(string name)
    {
        using TemporaryFolder folder = new();
        (TrainedTasks tasks, string recipe, string data) = Given(name, folder);
        string bundle = folder.File("every");

        Succeed(tasks, name is "classification" or "latent" or "restoration" ? ["train", recipe, "--data", data, "--output", folder.File("run")] : ["train", recipe, "--output", folder.File("run")]);
        Succeed(tasks, "export", folder.File("run"), "--output", bundle);
        Succeed(tasks, "verify", bundle, "--inputs", "1");
        Succeed(tasks, "evaluate", bundle, "--data", data, "--markdown", folder.File("page.md"), "--threads", "1");

        string card = File.ReadAllText(Path.Combine(bundle, "MODEL_CARD.md"));
        Assert.All(["## How it was made", "## Quality", "Not measured", "## Limits"], heading => Assert.Contains(heading, card, StringComparison.Ordinal));
        Assert.Matches(@"export runs/.* --replace\n", card);
        Assert.True(card.Split("## Limits")[1].Trim().Length > 10);
        Assert.NotEmpty(File.ReadAllText(folder.File("page.md")));
        Assert.True(File.Exists(Path.Combine(bundle, "training.png")));
    }

    [Fact]
    public void Is_named_once_and_recognises_recipes_that_do_not_name_it()
    {
        using TemporaryFolder folder = new();

        Assert.Equal(TrainedTasks.OfProgram.All.Count, TrainedTasks.OfProgram.All.Select(task => task.Name).Distinct().Count());
        Assert.IsType<FlowTask>(TrainedTasks.OfProgram.OfRecipe(folder.Write("flow.json", Encoding.UTF8.GetBytes(FlowRecipe))));
        Assert.IsType<ClassifierTask>(TrainedTasks.OfProgram.OfRecipe(folder.Write("image.json", ThreeShapes.Bytes(ThreeShapes.Recipe(epochs: 1)))));
        Assert.IsType<ReasoningTask>(TrainedTasks.OfProgram.OfRecipe(folder.Write("reasoning.json", Encoding.UTF8.GetBytes(ReasoningRecipe))));
        Assert.IsType<RestorationTask>(TrainedTasks.OfProgram.OfRecipe(folder.Write("restoration.json", Encoding.UTF8.GetBytes(RestorationRecipe))));
        Assert.IsType<LatentTask>(TrainedTasks.OfProgram.OfRecipe(folder.Write("latent.json", SmallLatentDecoder.Bytes())));
        Assert.IsType<FlowTask>(TrainedTasks.OfProgram.OfRecipe(folder.Write("named.json", """{ "task": "optical-flow" }"""u8.ToArray())));
        Assert.Throws<InvalidDataException>(() => TrainedTasks.OfProgram.OfRecipe(folder.Write("other.json", """{ "task": "cooking" }"""u8.ToArray())));
    }

    private static (TrainedTasks Tasks, string Recipe, string Data) Given(string name, TemporaryFolder folder)
    {
        switch (name)
        {
            case "classification":
                ThreeShapes.WriteIdx(folder, count: 60);
                System.Text.Json.Nodes.JsonObject json = ThreeShapes.Recipe(epochs: 1);
                json["labels"] = new System.Text.Json.Nodes.JsonArray("lying", "standing", "frame");
                return (TrainedTasks.OfProgram, folder.Write("recipe.json", ThreeShapes.Bytes(json)), folder.File("data"));
            case "flow":
                string pairs = DrawnPairs.WriteMiddlebury(folder.File("pairs"), DrawnPairs.Pair(1));
                return (TrainedTasks.OfProgram, folder.Write("recipe.json", Encoding.UTF8.GetBytes(FlowRecipe)), pairs);
            case "latent":
                return (TrainedTasks.OfProgram, folder.Write("recipe.json", SmallLatentDecoder.Bytes()), SmallLatentDecoder.WriteImages(folder, count: 8));
            case "reasoning":
                string puzzles = Path.GetDirectoryName(folder.Write("puzzles/short.txt", "0110\n1011\n"u8.ToArray()))!;
                folder.Write("puzzles/short.answers.txt", "0100\n1101\n"u8.ToArray());
                return (TrainedTasks.OfProgram, folder.Write("recipe.json", Encoding.UTF8.GetBytes(ReasoningRecipe)), puzzles);
            case "restoration":
                string pictures = Path.GetDirectoryName(folder.Write("pictures/one.png", NoisyPicture.Png(width: 48, height: 40)))!;
                return (TrainedTasks.OfProgram, folder.Write("recipe.json", Encoding.UTF8.GetBytes(RestorationRecipe)), pictures);
            default:
                return (new TrainedTasks(new HalvesTask()), folder.Write("recipe.json", Encoding.UTF8.GetBytes(HalvesRecipe)), folder.Path);
        }
    }

    private static void Succeed(TrainedTasks tasks, params string[] arguments)
    {
        var root = new RootCommand
        {
            TrainCommand.Make(tasks), ExportCommand.Make(tasks), VerifyCommand.Make(tasks), EvaluateCommand.Make(tasks),
        };
        Assert.Equal(0, root.Parse(arguments).Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false }));
    }
}
