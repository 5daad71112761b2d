using System.Text;
using System.Text.Json;
using Deq.Export.Bundling;
using Deq.Export.Graphs.Onnx;
using Deq.Export.Tasks.Flow.Training;
using Deq.Export.Training;
using Deq.Runtime.Bundles;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Flow.FirstGuess;
using Deq.Runtime.Tasks.Flow;
using Deq.Runtime.Tasks;

namespace Deq.Export.Tasks.Flow;

/// <summary>A flow estimator on its way from a checkpoint into a bundle.</summary>
/// <param name="Manifest">Without hashes.</param>
/// <param name="Files">Contents by path relative to the bundle, without the card.</param>
internal sealed record FlowBundleContents(ModelManifest Manifest, IReadOnlyDictionary<string, byte[]> Files)
{
    private const int TypicalHeight = 240;
    private const int TypicalWidth = 320;

    /// <summary>Whether a checkpoint is one of a flow estimator.</summary>
    /// <param name="checkpoint">A checkpoint directory, or a run's directory that holds one.</param>
    /// <exception cref="InvalidDataException">There is no checkpoint.</exception>
    public static bool IsIn(string checkpoint) =>
        Checkpoint.ReadProgress<JsonElement>(CheckpointPath.Find(checkpoint)) is { ValueKind: JsonValueKind.Object } progress
        && progress.TryGetProperty("log", out _);

    /// <summary>Reads a checkpoint and writes its graphs, with the averaged weights folded in.</summary>
    /// <param name="checkpoint">As of <see cref="IsIn"/>.</param>
    /// <exception cref="InvalidDataException">There is no checkpoint, or it does not fit its recipe.</exception>
    public static FlowBundleContents Of(string checkpoint)
    {
        string directory = CheckpointPath.Find(checkpoint);
        FlowRecipe recipe = FlowRecipeReader.Read(Checkpoint.RecipePath(directory));
        FlowProgress progress = Checkpoint.ReadProgress<FlowProgress>(directory);
        FlowGraphs graphs = FlowEstimator.Build(recipe.Architecture);
        using var parameters = new ModelParameters(graphs.Weights, recipe.Seed);
        Checkpoint.ReadAverage(directory, parameters);
        var files = new Dictionary<string, byte[]>
        {
            [BundleFileNames.Encoder] = OnnxWriter.Write(graphs.Encoder, parameters.Fold(graphs.Encoder)),
            [BundleFileNames.Cell] = OnnxWriter.Write(graphs.Cell, parameters.Fold(graphs.Cell)),
            [BundleFileNames.Decoder] = OnnxWriter.Write(graphs.Decoder, parameters.Fold(graphs.Decoder)),
            [BundleFileNames.Recipe] = File.ReadAllBytes(Checkpoint.RecipePath(directory)),
            [BundleFileNames.Log] = Encoding.UTF8.GetBytes(string.Join('\n', progress.Log) + "\n"),
        };
        var log = FlowLog.Of(progress);
        if (log.Steps.Count > 0)
        {
            files[BundleFileNames.TrainingCurves] = FlowTrainingPlot.Png(recipe.Name, log);
        }

        return new FlowBundleContents(Describe(recipe, progress, log, graphs), files);
    }

    private static ModelManifest Describe(FlowRecipe recipe, FlowProgress progress, FlowLog log, FlowGraphs graphs) => new()
    {
        FormatVersion = ModelManifest.CurrentFormatVersion,
        Name = recipe.Name,
        Version = recipe.Version,
        Task = ModelTasks.Flow,
        Description = recipe.Description,
        Input = new ImageInput { Channels = 3, Mean = [0.5, 0.5, 0.5], Deviation = [0.5, 0.5, 0.5], Resize = "pad", Guess = FlowGuess.Name, Sizes = Sizes(recipe, FlowSizes.Multiple) },
        State = new FlowState { Hidden = 0, Stride = FlowSizes.Stride, PixelsPerChange = recipe.Serving.PixelsPerChange },
        Encoder = GraphContract.Of(BundleFileNames.Encoder, graphs.Encoder),
        Cell = GraphContract.Of(BundleFileNames.Cell, graphs.Cell),
        Decoder = GraphContract.Of(BundleFileNames.Decoder, graphs.Decoder),
        Defaults = recipe.Serving.Defaults,
        Provenance = new Dictionary<string, string>
        {
            ["tool"] = $"Deq.Export {typeof(FlowBundleContents).Assembly.GetName().Version?.ToString(3)}",
            ["recipe"] = BundleFileNames.Recipe,
            ["data"] = recipe.Photographs is null ? "drawn motion" : "drawn motion with photographs",
            ["seed"] = $"{recipe.Seed}",
            ["steps"] = $"{progress.Step} of {recipe.Steps}",
            ["device"] = progress.Device,
            ["trainingMinutes"] = $"{log.Column("seconds").Where(double.IsFinite).Sum() / 60:F0}",
            ["weights"] = $"{graphs.Weights.Sum(weight => weight.Extents.Aggregate(1, (product, n) => product * n))}",
        },
        Files = new Dictionary<string, string>(),
    };

    private static FrameSizes Sizes(FlowRecipe recipe, int multiple)
    {
        var sizes = new FrameSizes
        {
            Multiple = multiple,
            LeastSide = recipe.Serving.LeastSide,
            MostPixels = recipe.Serving.MostPixels,
        };
        bool isTypical = sizes.Refusal(TypicalHeight, TypicalWidth) is null;
        (int height, int width) = isTypical ? sizes.ShapeOf(TypicalHeight, TypicalWidth) : sizes.ShapeOf(sizes.LeastSide, sizes.LeastSide);
        return sizes with { TypicalHeight = height, TypicalWidth = width };
    }
}
