using System.CommandLine;
using System.Text.Json;
using Deq.Export.Bundling;
using Deq.Export.CommandLine;
using Deq.Export.Evaluation;
using Deq.Export.Graphs;
using Deq.Export.RandomNumbers;
using Deq.Export.Tasks.Reasoning.Architectures;
using Deq.Export.Tasks.Reasoning.Commands;
using Deq.Export.Tasks.Reasoning.Evaluation;
using Deq.Export.Tasks.Reasoning.Puzzles;
using Deq.Export.Tasks.Reasoning.Training;
using Deq.Export.Training;
using Deq.Export.Verification;
using Deq.Runtime.Bundles;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;
using Deq.Runtime.Tasks.Reasoning;

namespace Deq.Export.Tasks.Reasoning;

/// <summary>Reasoning: a grid or sequence of tokens becomes its answer, in the same shape.</summary>
internal sealed class ReasoningTask : ITrainedTask
{
    /// <summary>As manifests name it.</summary>
    public const string TaskName = Runtime.Tasks.Reasoning.ReasoningTask.Id;

    /// <summary>Evaluations of a verified solve: few, for each multiplies what rounding left.</summary>
    private const int VerifiedEvaluations = 3;

    private const int MeasuredSeed = 1;

    /// <inheritdoc/>
    public string Name => TaskName;

    /// <inheritdoc/>
    public IReadOnlyList<string> TrainAliases => ["train-reasoning"];

    /// <inheritdoc/>
    public IReadOnlyList<Command> Commands(Func<TrainRequest, CancellationToken, int> train) => [DrawPuzzlesCommand.Make(TimeProvider.System)];

    /// <inheritdoc/>
    public bool IsRecipeOf(JsonElement recipe) => recipe.TryGetProperty("puzzles", out _);

    /// <inheritdoc/>
    /// <exception cref="CommandException">There are data.</exception>
    public ITrainingRun Begin(string recipe, TrainingPlace place) => place.Data is null
        ? new ReasoningRun(place.IsResumed ? ReasoningRecipeReader.Read(recipe) : ReasoningRecipeReader.ReadNew(recipe), place.Device)
        : throw new CommandException("Puzzles are drawn; leave out --data.");

    /// <inheritdoc/>
    public BundleParts Parts(string recipe, TrainingProgress progress)
    {
        ReasoningRecipe read = ReasoningRecipeReader.Read(recipe);
        IPuzzleSource source = PuzzleCatalogue.Make(read.Puzzles[0]);
        ModelManifest manifest = ReasoningManifest.Of(read, source);
        return new BundleParts
        {
            Manifest = manifest,
            Graphs = ReasonerCatalogue.Build(read.Architecture, source.Vocabulary),
            Seed = read.Seed,
            Trained = ("steps", $"{progress.Step} of {read.Training.Steps}"),
            Provenance = new Dictionary<string, string> { ["data"] = "drawn puzzles" },
            Panels = ReasoningRun.Panels(read),
            Card = ReasoningCard.Of(manifest, read.Puzzles),
        };
    }

    /// <inheritdoc/>
    public ControlPart Control(string recipe, string checkpoint, TrainingProgress progress)
    {
        string path = Checkpoint.RecipePath(checkpoint);
        ReasoningRecipe control = ReasoningRecipeReader.ReadControl(path);
        ReasoningRecipe model = ReasoningRecipeReader.Read(recipe);
        var log = new TrainingLog(progress.Log);
        if (control.Architecture != model.Architecture)
        {
            throw new InvalidDataException("The control has another cell: \"architecture\" differs in its recipe.");
        }

        return log.Count > 0
            ? new ControlPart(ControlTable.Of(control, model, log, $"[`{BundleFileNames.ControlRecipe}`]({BundleFileNames.ControlRecipe})"), File.ReadAllText(path), log)
            : throw new InvalidDataException("The control has measured nothing: its log is empty.");
    }

    /// <inheritdoc/>
    public VerifiedModel Verified(ModelBundle bundle, VerifiedSamples samples)
    {
        if (samples.Data is not null)
        {
            throw new InvalidDataException("A reasoner is compared on drawn puzzles; leave out --data.");
        }

        ReasoningRecipe recipe = ReasoningRecipeReader.Read(VerifiedRecipe.In(bundle));
        IPuzzleSource source = PuzzleCatalogue.Make(recipe.Puzzles[0]);
        ModelGraphs graphs = ReasonerCatalogue.Build(recipe.Architecture, source.Vocabulary);
        var random = new SplitMix64(samples.Seed);
        TokenGrid[] questions = [.. source.Draw(ref random, samples.Count).Select(puzzle => puzzle.Question)];
        (int height, int width) = (questions[0].Height, questions[0].Width);
        OnnxModel model = bundle.Model.At(bundle.Manifest.Input.Sizes is null ? default : new ShapeKey(height, width));
        return new VerifiedModel
        {
            Graphs = graphs,
            StateSizes = _ => graphs.StateSizes(1, height, width),
            Evaluations = VerifiedEvaluations,
            Inputs = [new VerifiedInputs($"puzzles of {width} x {height}", model, [1, 1, height, width], [.. questions.Select(question => Input(question, model))])],
        };
    }

    /// <inheritdoc/>
    public EvaluationPage Evaluate(ModelBundle bundle, EvaluationRequest request)
    {
        ModelManifest manifest = bundle.Manifest;
        ReasoningContract contract = ReasoningContract.Of(manifest);
        var text = new TokenText(ReasoningManifest.Layout(contract), contract.ToVocabulary(), manifest.Input.Height, manifest.Input.Width);
        EffortLevel usual = contract.Effort(EffortLevel.Default)!;
        if (request.Defaults != manifest.Defaults)
        {
            usual = usual with { Tolerance = request.Defaults.Tolerance, Evaluations = request.Defaults.MaxEvaluations, EvaluationsPerPlace = 0 };
        }

        var quality = ReasoningQuality.Measure(bundle, new ReasoningMeasurement
        {
            Tests = [.. request.Data.SelectMany(directory => PuzzleFiles.Read(directory, text))],
            Solver = request.Defaults.Solver,
            Usual = usual,
            Seed = MeasuredSeed,
            Clock = request.Clock,
            Measured = report => request.Report(ReasoningTables.Line(report).TrimEnd()),
        });
        return new EvaluationPage
        {
            Sentence = quality.Sentence,
            Markdown = $"# {manifest.Name} {manifest.Version}\n\n{ReasoningTables.Quality(quality)}",
            Numbers = quality,
            Quality = quality.Figures(),
            Card = ReasoningTables.Quality(quality),
            Sections = new Dictionary<string, JsonElement>
            {
                [ReasoningContract.Section] = ModelManifest.Section(contract with { Efforts = quality.Reached(contract.Efforts) }),
            },
        };
    }

    private static float[] Input(TokenGrid question, OnnxModel model)
    {
        float[] input = new float[model.InputLength];
        TokenAnswer.Fill(question, input);
        return input;
    }
}
