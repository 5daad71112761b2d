using System.Text;
using Deq.Export.CommandLine;
using Deq.Export.Datasets;
using Deq.Export.Specs.Fixtures;
using Deq.Export.Specs.Tasks.Classification;
using Deq.Export.Specs.Tasks.Flow.Evaluation;
using Deq.Export.Specs.Tasks.Restoration;
using Deq.Export.Specs.Training;
using Deq.Export.Tasks;
using Deq.Export.Tasks.Flow.Training;
using Deq.Export.Training;
using Deq.Export.Verification;
using Deq.Runtime.Bundles;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;
using Deq.Runtime.Tasks.Flow;
using static TorchSharp.torch;

namespace Deq.Export.Specs.Tasks.Flow;

public sealed class FlowTaskSpecs : IDisposable
{
    private const string Recipe = """
        { "name": "small-flow", "version": "2.1.0", "seed": 3,
          "architecture": { "features": 8, "trunk": [8, 12], "window": 2 },
          "motion": { "height": 32, "width": 32 },
          "serving": { "tolerance": 0.05, "maxEvaluations": 20, "pixelsPerChange": 3, "leastSide": 20, "mostPixels": 8192 },
          "optimizer": { "learningRate": 1e-3 }, "training": { "steps": 4, "batchSize": 2, "reportEvery": 2, "validationPairs": 2 } }
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Opens_as_a_bundle_for_frames_of_many_sizes_with_card_recipe_and_log()
    {
        const int side = 32;
        Train(steps: 4);
        (int code, string output) = await ExportedThreeShapes.RunAsync("export", _folder.File("run"), "--output", _folder.File("small-flow"));

        Assert.True(code == 0, output);
        using var bundle = ModelBundle.Open(_folder.File("small-flow"), new ExecutionOptions());
        Assert.Equal((Deq.Export.Tasks.Flow.FlowTask.TaskName, "2.1.0", 0.05, 20), (
            bundle.Manifest.Task, bundle.Manifest.Version, bundle.Manifest.Defaults.Tolerance, bundle.Manifest.Defaults.MaxEvaluations));
        Assert.Equal(new FlowState { Hidden = 0, Stride = 4, PixelsPerChange = 3 }, FlowState.Of(bundle.Manifest));
        Assert.Equal(new FrameSizes { Multiple = 16, LeastSide = 20, MostPixels = 8192, TypicalHeight = side, TypicalWidth = side }, bundle.Manifest.Input.Sizes);
        OnnxModel model = bundle.Model.At(new ShapeKey(side, 2 * side));
        Assert.Equal((9 * 2 * side * side, 2 * (side / 4) * (2 * side / 4)), (model.InputLength, model.StateWidth));
        string card = await File.ReadAllTextAsync(_folder.File("small-flow/MODEL_CARD.md"), TestContext.Current.CancellationToken);
        Assert.All(["0.05 pixels", "at least 20 pixels", "training.png", "(4 of 4 steps, --device cpu)"], part => Assert.Contains(part, card, StringComparison.Ordinal));
        string log = await File.ReadAllTextAsync(_folder.File("small-flow/training.csv"), TestContext.Current.CancellationToken);
        Assert.Equal(3, log.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public async Task Computes_in_onnx_runtime_what_torch_computes_at_several_sizes()
    {
        Train(steps: 0);
        await ExportedThreeShapes.RunAsync("export", _folder.File("run"), "--output", _folder.File("small-flow"));
        using var bundle = ModelBundle.Open(_folder.File("small-flow"), new ExecutionOptions());
        VerifiedModel model = new Deq.Export.Tasks.Flow.FlowTask().Verified(bundle, new VerifiedSamples(null, Count: 2, Seed: 5));
        using var verification = new BundleVerification(bundle, model);

        Assert.Equal(3, model.Inputs.Count);
        Assert.All(model.Inputs, inputs =>
        {
            IReadOnlyList<VerifiedPart> parts = verification.Run(inputs, seed: 5);
            Assert.Equal(["detail", "x"], parts.Where(part => part.Part.StartsWith("encoder", StringComparison.Ordinal)).Select(part => part.Part[9..]).Order(StringComparer.Ordinal));
            Assert.Equal(7, parts.Count);
            Assert.All(parts, part => Assert.InRange(part.LargestDifference, 0, 1e-4));
        });
    }

    [Fact]
    public async Task Is_measured_on_pairs_for_its_card_and_its_manifest()
    {
        Train(steps: 0);
        string one = DrawnPairs.WriteMiddlebury(_folder.File("one"), DrawnPairs.Pair(1));
        string two = DrawnPairs.WriteMiddlebury(_folder.File("two"), DrawnPairs.Pair(2));

        (int code, string output) = await ExportedThreeShapes.RunAsync(
            "export", _folder.File("run"), "--output", _folder.File("small-flow"), "--data", one, "--data", two);

        Assert.True(code == 0, output);
        using var bundle = ModelBundle.Open(_folder.File("small-flow"), new ExecutionOptions());
        Assert.Equal(2, bundle.Manifest.Quality["pairs"]);
        Assert.InRange(bundle.Manifest.Quality["asymptoticAlignment"], -1, 1.0001);
        string card = await File.ReadAllTextAsync(_folder.File("small-flow/MODEL_CARD.md"), TestContext.Current.CancellationToken);
        Assert.All(["| drawn-1 | Farnebäck |", "| **mean** | zero flow |", "| carried |", "of 20 |"], part => Assert.Contains(part, card, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Is_verified_from_the_command_line()
    {
        Train(steps: 0);
        await ExportedThreeShapes.RunAsync("export", _folder.File("run"), "--output", _folder.File("small-flow"));

        (int code, string output) = await ExportedThreeShapes.RunAsync("verify", _folder.File("small-flow"), "--inputs", "1");

        Assert.True(code == 0, output);
        Assert.Contains("agree", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Photographs_given_as_data_take_the_place_of_the_recipe_s_and_measure_nothing()
    {
        string pictures = Path.GetDirectoryName(_folder.Write("pictures/one.png", NoisyPicture.Png(width: 48, height: 40)))!;
        string shown = Recipe.Replace("\"seed\": 3,", "\"seed\": 3, \"photographs\": \"nowhere\",", StringComparison.Ordinal)
            .Replace("\"width\": 32 }", "\"width\": 32, \"photoShare\": 1 }", StringComparison.Ordinal);
        string recipe = _folder.Write("recipe.json", Encoding.UTF8.GetBytes(shown));

        (int code, string output) = await ExportedThreeShapes.RunAsync("train", recipe, "--data", pictures, "--output", _folder.File("run"), "--threads", "1");

        Assert.True(code == 0, output);
        Assert.DoesNotContain("--data", output.Split("Export it with:")[1], StringComparison.Ordinal);
        Assert.Throws<DatasetException>(() => new Deq.Export.Tasks.Flow.FlowTask().Begin(recipe, new TrainingPlace(null, CPU)));
    }

    [Fact]
    public void Photographs_for_a_recipe_that_shows_none_are_refused()
    {
        string recipe = _folder.Write("recipe.json", Encoding.UTF8.GetBytes(Recipe));

        CommandException refused = Assert.Throws<CommandException>(
            () => new Deq.Export.Tasks.Flow.FlowTask().Begin(recipe, new TrainingPlace(new DirectoryInfo(_folder.Path), CPU)));

        Assert.Contains("leave out --data", refused.Message, StringComparison.Ordinal);
    }

    private void Train(int steps)
    {
        string path = _folder.Write("recipe.json", Encoding.UTF8.GetBytes(Recipe));
        FlowRecipe recipe = FlowRecipeReader.Read(path);
        Directory.CreateDirectory(_folder.File("run"));
        var files = new TrainingFiles(_folder.File("run"), Recipe, "cpu", TimeProvider.System);
        var run = new FlowRun(recipe with { Training = recipe.Training with { Steps = Math.Max(1, steps) } }, CPU);
        using var trainer = new Trainer(run, files, resume: false, new SilentView());
        using var stopped = new CancellationTokenSource();
        if (steps == 0)
        {
            stopped.Cancel();
        }

        trainer.Run(stopped.Token);
    }
}
