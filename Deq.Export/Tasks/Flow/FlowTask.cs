using System.CommandLine;
using System.Text.Json;
using Deq.Export.Bundling;
using Deq.Export.CommandLine;
using Deq.Export.Evaluation;
using Deq.Export.Tasks.Flow.Commands;
using Deq.Export.Tasks.Flow.Evaluation;
using Deq.Export.Tasks.Flow.Training;
using Deq.Export.Training;
using Deq.Export.Verification;
using Deq.Runtime.Bundles;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;
using Deq.Runtime.Tasks.Flow;
using Deq.Runtime.Tasks.Flow.FirstGuess;

namespace Deq.Export.Tasks.Flow;

/// <summary>Optical flow: two frames become the motion between them.</summary>
internal sealed class FlowTask : ITrainedTask
{
    /// <summary>As manifests name it.</summary>
    public const string TaskName = Runtime.Tasks.Flow.FlowTask.Id;

    private const int TypicalHeight = 240;
    private const int TypicalWidth = 320;
    private const string Pairs = "--pairs";
    private const string Pictures = "--pictures";

    /// <summary>Evaluations of a verified solve. Few: on noise nothing converges, and each evaluation multiplies what rounding left.</summary>
    private const int VerifiedEvaluations = 3;

    /// <inheritdoc/>
    public string Name => TaskName;

    /// <inheritdoc/>
    public IReadOnlyList<Option> EvaluationOptions
    {
        get
        {
            var pairs = new Option<int?>(Pairs) { Description = "Of a flow model: the most pairs of each directory, at least 1. Default: all." };
            pairs.Require(count => count is null or >= 1, $"{Pairs} is at least 1.");
            return [pairs, new Option<DirectoryInfo?>(Pictures) { Description = "Of a flow model: draw truth and estimates in Middlebury's colours here." }];
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> TrainAliases => ["train-flow"];

    /// <inheritdoc/>
    public IReadOnlyList<Command> Commands(Func<TrainRequest, CancellationToken, int> train) => [EvaluateClipsCommand.Make(), FlowBaselinesCommand.Make(), DrawMotionCommand.Make(TimeProvider.System)];

    /// <inheritdoc/>
    public bool IsRecipeOf(JsonElement recipe) => recipe.TryGetProperty("training", out JsonElement training)
        && training.ValueKind == JsonValueKind.Object && training.TryGetProperty("steps", out _);

    /// <summary>False: it is trained on photographs, and measured on pairs of frames with their truth.</summary>
    public bool IsMeasuredOnTrainingData => false;

    /// <inheritdoc/>
    /// <exception cref="CommandException">There are photographs, and the recipe shows none.</exception>
    public ITrainingRun Begin(string recipe, TrainingPlace place)
    {
        FlowRecipe read = FlowRecipeReader.Read(recipe);
        return place.Data is not { } data ? new FlowRun(read, place.Device)
            : read.Photographs is not null ? new FlowRun(read with { Photographs = data.FullName }, place.Device)
            : throw new CommandException("The recipe shows no photographs: leave out --data, or add \"photographs\" and motion.photoShare to it.");
    }

    /// <inheritdoc/>
    public TrainingProgress? ReadEarlier(JsonElement progress) => FlowRun.ReadEarlier(progress);

    /// <inheritdoc/>
    public BundleParts Parts(string recipe, TrainingProgress progress)
    {
        FlowRecipe read = FlowRecipeReader.Read(recipe);
        FlowGraphs graphs = FlowEstimator.Build(read.Architecture);
        var input = new ImageInput
        {
            Channels = 3,
            Mean = [0.5, 0.5, 0.5],
            Deviation = [0.5, 0.5, 0.5],
            Resize = "pad",
            Guess = FlowGuess.Name,
            Sizes = Sizes(read),
        };
        ModelManifest manifest = BundleParts.Described(read.Name, read.Version, Name, read.Description, input, read.Serving.Defaults) with
        {
            State = ModelManifest.Section(new FlowState { Hidden = 0, Stride = FlowSizes.Stride, PixelsPerChange = read.Serving.PixelsPerChange }),
        };
        return new BundleParts
        {
            Manifest = manifest,
            Graphs = graphs.Model,
            Seed = read.Seed,
            Trained = ("steps", $"{progress.Step} of {read.Training.Steps}"),
            Provenance = new Dictionary<string, string> { ["data"] = read.Photographs is null ? "drawn motion" : "drawn motion with photographs" },
            Panels = FlowRun.Panels,
            Card = Card(manifest, read.Photographs is not null),
        };
    }

    /// <inheritdoc/>
    public VerifiedModel Verified(ModelBundle bundle, VerifiedSamples samples)
    {
        if (samples.Data is not null)
        {
            throw new InvalidDataException("A flow estimator is compared on frames of noise; leave out --data.");
        }

        FlowRecipe recipe = FlowRecipeReader.Read(VerifiedRecipe.In(bundle));
        FlowGraphs graphs = FlowEstimator.Build(recipe.Architecture);
        return new VerifiedModel
        {
            Graphs = graphs.Model,
            StateSizes = x => [1, FlowSizes.State, x[0].shape[2], x[0].shape[3]],
            Evaluations = VerifiedEvaluations,
            Inputs = [.. Shapes(bundle.Manifest.Input.Sizes!).Select(shape => Noise(bundle.Model.At(shape), shape, samples))],
        };
    }

    /// <inheritdoc/>
    public EvaluationPage Evaluate(ModelBundle bundle, EvaluationRequest request)
    {
        var pairs = new MeasuredPairs
        {
            Directories = request.Data,
            Most = request.Options.Value<int?>(Pairs),
            Pictures = request.Options.Value<DirectoryInfo?>(Pictures) is { } folder ? new FlowPictures(folder) : null,
        };
        FlowReport report = pairs.Measure(bundle, request.Defaults, request.Threads, pair => request.Report(FlowReportTables.Line(pair)));
        string directories = string.Join(' ', request.Data.Select(directory => $"--data {directory.Name}"));
        string command = $"dotnet run --project Deq.Export -c Release -- evaluate models/{Path.GetFileName(bundle.Directory)} {directories}";
        FlowQuality? quality = request.IsForCard ? FlowQuality.Measure(report, bundle, request.Threads) : null;
        return new EvaluationPage
        {
            Sentence = report.Sentence,
            Markdown = FlowReportTables.Page(report, command),
            Numbers = report,
            Quality = quality?.Figures() ?? report.Quality(),
            Card = quality?.Markdown() ?? report.Sentence,
        };
    }

    private static VerifiedInputs Noise(OnnxModel model, ShapeKey shape, VerifiedSamples samples) => new(
        $"noise of {shape.Width} x {shape.Height}",
        model,
        [1, FlowGuess.Planes, shape.Height, shape.Width],
        VerifiedInputs.Noise(samples.Count, model.InputLength, samples.Seed));

    /// <summary>Some shapes that the bundle takes: its smallest, a wide and a high one.</summary>
    private static IEnumerable<ShapeKey> Shapes(FrameSizes sizes)
    {
        ShapeKey least = sizes.ShapeOf(sizes.LeastSide, sizes.LeastSide);
        ShapeKey[] shapes = [least, new(least.Height, 2 * least.Width), new(least.Height + sizes.Multiple, least.Width)];
        return shapes.Where(shape => sizes.Refusal(shape.Height, shape.Width) is null);
    }

    private static CardText Card(ModelManifest manifest, bool showsPhotographs)
    {
        FrameSizes sizes = manifest.Input.Sizes!;
        double pixelsPerChange = FlowState.Of(manifest).PixelsPerChange;
        return new CardText
        {
            Facts =
            [
                $"**Task**: {manifest.Task}: for every pixel of a frame, how far what it shows moves until the next frame.",
                $"**Input**: two RGB frames of one size, each side at least {sizes.LeastSide} pixels; padded to multiples of {sizes.Multiple}, "
                    + $"at most {sizes.MostPixels} pixels.",
                $"**Solve by default**: {manifest.Defaults.Solver}, residual {manifest.Defaults.Tolerance:G3} pixels, "
                    + $"at most {manifest.Defaults.MaxEvaluations} evaluations. "
                    + (pixelsPerChange == 0
                        ? "The residual is what the last evaluation changes of the flow, in pixels on average."
                        : "The residual is the larger of what the last evaluation changes of the flow, in pixels on average, and "
                            + $"{pixelsPerChange:G3} pixels times the relative change of h."),
            ],
            Training = showsPhotographs ? "Its clips were drawn motion of photographs and of drawn textures." : "Its clips were drawn motion.",
            TrainCommand = $"train models/{manifest.Name}/recipe.json",
            Curves = "loss, endpoint errors and last change by step",
            Limits = "Trained on drawn motion alone: large occlusions, transparency, repeated texture, and motion beyond what was drawn are where it fails. "
                + "It marks nothing as occluded and gives no confidence. "
                + "A small residual says that the fixed point was found, not that the flow is right or the fixed point unique.",
        };
    }

    private static FrameSizes Sizes(FlowRecipe recipe)
    {
        var sizes = new FrameSizes
        {
            Multiple = FlowSizes.Multiple,
            LeastSide = recipe.Serving.LeastSide,
            MostPixels = recipe.Serving.MostPixels,
        };
        bool isTypical = sizes.Refusal(TypicalHeight, TypicalWidth) is null;
        (int height, int width) = isTypical ? sizes.ShapeOf(TypicalHeight, TypicalWidth) : sizes.ShapeOf(sizes.LeastSide, sizes.LeastSide);
        return sizes with { TypicalHeight = height, TypicalWidth = width };
    }
}
