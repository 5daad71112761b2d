using System.Globalization;
using System.Text;
using Deq.Export.Specs.Fixtures;
using Deq.Export.Specs.Tasks.Classification;
using Deq.Export.Specs.Tasks.Flow.Evaluation;
using Deq.Export.Tasks.Classification;
using Deq.Export.Tasks.Flow;
using Deq.Export.Tasks.Flow.Training;
using Deq.Runtime.Bundles;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;
using Deq.Runtime.Tasks;
using Deq.Runtime.Tasks.Flow;
using static TorchSharp.torch;

namespace Deq.Export.Specs.Tasks.Flow;

public sealed class FlowBundleContentsSpecs : IDisposable
{
    private const string Recipe = """
        { "name": "small-flow", "version": "2.1.0", "seed": 3,
          "architecture": { "hidden": 12, "features": 8, "trunk": [8, 12], "motion": 12, "levels": 2, "window": 3, "lookup": 2 },
          "motion": { "height": 32, "width": 32 },
          "serving": { "tolerance": 0.05, "maxEvaluations": 20, "pixelsPerChange": 3, "leastSide": 20, "mostPixels": 8192 },
          "optimizer": { "learningRate": 1e-3 }, "training": { "steps": 4, "batchSize": 2, "reportEvery": 2, "validationPairs": 2 } }
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(4, 8, 24)]
    [InlineData(3, 6, 24)]
    [InlineData(2.75, 11, 22)]
    public async Task Opens_as_a_bundle_for_frames_of_many_sizes_with_card_recipe_and_log(double pixelsPerCell, int multiple, int side)
    {
        Train(steps: 4, pixelsPerCell);
        (int code, string output) = await ExportedThreeShapes.RunAsync("export", _folder.File("run"), "--output", _folder.File("small-flow"));

        Assert.True(code == 0, output);
        using var bundle = ModelBundle.Open(_folder.File("small-flow"), new ExecutionOptions());
        Assert.Equal((ModelTasks.Flow, "2.1.0", 0.05, 20), (
            bundle.Manifest.Task, bundle.Manifest.Version, bundle.Manifest.Defaults.Tolerance, bundle.Manifest.Defaults.MaxEvaluations));
        Assert.Equal(new FlowState { Hidden = 12, Stride = pixelsPerCell, PixelsPerChange = 3 }, bundle.Manifest.State);
        Assert.Equal(new FrameSizes { Multiple = multiple, LeastSide = 20, MostPixels = 8192, TypicalHeight = side, TypicalWidth = side }, bundle.Manifest.Input.Sizes);
        OnnxModel model = bundle.Model.At(new ShapeKey(side, 2 * side));
        Assert.Equal((6 * 2 * side * side, 14 * side / pixelsPerCell * 2 * side / pixelsPerCell), (model.InputLength, model.StateWidth));
        string card = await File.ReadAllTextAsync(_folder.File("small-flow/MODEL_CARD.md"), TestContext.Current.CancellationToken);
        Assert.All(["0.05 pixels", "at least 20 pixels", "training.png", "(4 of 4 steps, --device cpu)"], part => Assert.Contains(part, card, StringComparison.Ordinal));
        string log = await File.ReadAllTextAsync(_folder.File("small-flow/training.csv"), TestContext.Current.CancellationToken);
        Assert.Equal(3, log.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(3)]
    [InlineData(2.75)]
    public async Task Computes_in_onnx_runtime_what_torch_computes_at_several_sizes(double pixelsPerCell)
    {
        Train(steps: 0, pixelsPerCell);
        await ExportedThreeShapes.RunAsync("export", _folder.File("run"), "--output", _folder.File("small-flow"));
        using var bundle = ModelBundle.Open(_folder.File("small-flow"), new ExecutionOptions());
        using var verification = new FlowVerification(bundle);

        Assert.Equal(3, verification.Shapes.Count);
        Assert.All(verification.Shapes, shape =>
        {
            IReadOnlyList<VerifiedPart> parts = verification.Run(shape, count: 2, seed: 5);
            Assert.Equal(["volume0", "volume1", "x"], parts.Where(part => part.Part.StartsWith("encoder", StringComparison.Ordinal)).Select(part => part.Part[9..]).Order(StringComparer.Ordinal));
            Assert.Equal(8, parts.Count);
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

    private void Train(int steps, double pixelsPerCell = 4)
    {
        string text = Recipe.Replace("\"tolerance\"", string.Create(CultureInfo.InvariantCulture, $"\"pixelsPerCell\": {pixelsPerCell}, \"tolerance\""), StringComparison.Ordinal);
        string path = _folder.Write("recipe.json", Encoding.UTF8.GetBytes(text));
        FlowRecipe recipe = FlowRecipeReader.Read(path);
        using var trainer = new FlowTrainer(
            recipe with { Training = recipe.Training with { Steps = Math.Max(1, steps) } }, text, _folder.File("run"), false, CPU, TimeProvider.System, _ => { });
        using var stopped = new CancellationTokenSource();
        if (steps == 0)
        {
            stopped.Cancel();
        }

        Directory.CreateDirectory(_folder.File("run"));
        trainer.Run(stopped.Token);
    }
}
