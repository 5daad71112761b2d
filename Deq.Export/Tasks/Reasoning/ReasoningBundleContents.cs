using System.Globalization;
using System.Text;
using System.Text.Json;
using Deq.Export.Bundling;
using Deq.Export.Graphs.Onnx;
using Deq.Export.Tasks.Reasoning.Architectures;
using Deq.Export.Tasks.Reasoning.Puzzles;
using Deq.Export.Tasks.Reasoning.Training;
using Deq.Export.Training;
using Deq.Runtime.Bundles;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks;
using Deq.Runtime.Tasks.Reasoning;

namespace Deq.Export.Tasks.Reasoning;

/// <summary>What a control reaches on one line of its validation.</summary>
internal sealed record ControlLine(string Size, int Count, int Evaluations, double Exact, double Alignment);

/// <summary>The same cell trained with one start and one depth.</summary>
/// <param name="Depth">Evaluations in training.</param>
/// <param name="Lines">What it reaches.</param>
internal sealed record ReasoningControl(int Depth, IReadOnlyList<ControlLine> Lines);

/// <summary>A reasoner on its way from a checkpoint into a bundle.</summary>
/// <param name="Manifest">Without hashes.</param>
/// <param name="Files">Contents by path relative to the bundle, without the card.</param>
/// <param name="Kind">The puzzles that it was trained on.</param>
/// <param name="Limits">What it is not for, for the card.</param>
/// <param name="Control">Null where none was given.</param>
internal sealed record ReasoningBundleContents(
    ModelManifest Manifest, IReadOnlyDictionary<string, byte[]> Files, string Kind, string Limits, ReasoningControl? Control)
{
    /// <summary>The control's recipe in the bundle.</summary>
    public const string ControlRecipe = "control.json";

    private const string ControlLog = "control.csv";

    /// <summary>Whether a checkpoint is one of a reasoner.</summary>
    /// <param name="checkpoint">A checkpoint directory, or a run's directory that holds one.</param>
    /// <exception cref="InvalidDataException">There is no checkpoint.</exception>
    public static bool IsIn(string checkpoint) =>
        Checkpoint.ReadProgress<JsonElement>(CheckpointPath.Find(checkpoint)) is { ValueKind: JsonValueKind.Object } progress
        && progress.TryGetProperty("task", out JsonElement task) && task.ValueEquals(ModelTasks.Reasoning);

    /// <summary>Reads a checkpoint and writes its graphs, with the averaged weights folded in.</summary>
    /// <param name="checkpoint">As of <see cref="IsIn"/>.</param>
    /// <param name="control">Likewise, of the control; null for none.</param>
    /// <exception cref="InvalidDataException">There is no checkpoint, or it does not fit its recipe.</exception>
    public static ReasoningBundleContents Of(string checkpoint, string? control)
    {
        string directory = CheckpointPath.Find(checkpoint);
        ReasoningRecipe recipe = ReasoningRecipeReader.Read(Checkpoint.RecipePath(directory));
        ReasoningProgress progress = Checkpoint.ReadProgress<ReasoningProgress>(directory);
        IPuzzleSource source = PuzzleCatalogue.Make(recipe.Puzzles[0]);
        ReasonerGraphs graphs = ReasonerCatalogue.Build(recipe.Architecture, source.Vocabulary);
        using var parameters = new ModelParameters(graphs.Weights, recipe.Seed);
        Checkpoint.ReadAverage(directory, parameters);
        var files = new Dictionary<string, byte[]>
        {
            [BundleFileNames.Encoder] = OnnxWriter.Write(graphs.Encoder, parameters.Fold(graphs.Encoder)),
            [BundleFileNames.Cell] = OnnxWriter.Write(graphs.Cell, parameters.Fold(graphs.Cell)),
            [BundleFileNames.Decoder] = OnnxWriter.Write(graphs.Decoder, parameters.Fold(graphs.Decoder)),
            [BundleFileNames.Recipe] = File.ReadAllBytes(Checkpoint.RecipePath(directory)),
            [BundleFileNames.Log] = Log(progress),
        };
        string kind = recipe.Puzzles[0].Kind;
        return new ReasoningBundleContents(
            Describe(recipe, progress, graphs, source), files, kind, LimitsOf(kind), control is null ? null : ReadControl(control, files));
    }

    private static ReasoningControl ReadControl(string checkpoint, Dictionary<string, byte[]> files)
    {
        string directory = CheckpointPath.Find(checkpoint);
        ReasoningRecipe recipe = ReasoningRecipeReader.Read(Checkpoint.RecipePath(directory));
        ReasoningProgress progress = Checkpoint.ReadProgress<ReasoningProgress>(directory);
        if (progress.Log.Count < 2)
        {
            throw new InvalidDataException($"{checkpoint} was never validated: train the control to a report first.");
        }

        files[ControlRecipe] = File.ReadAllBytes(Checkpoint.RecipePath(directory));
        files[ControlLog] = Log(progress);
        string[] head = progress.Log[0].Split(',');
        string[] last = progress.Log[^1].Split(',');
        double Of(string column, int line) => double.Parse(last[Array.IndexOf(head, $"{column}_{line}")], CultureInfo.InvariantCulture);
        return new ReasoningControl(
            recipe.Solve.MostFree + recipe.Solve.MostSteps,
            [.. recipe.Validation.Select((test, i) => new ControlLine(
                $"{test.Puzzles.Most}", test.Count, test.Evaluations, Of("exact", i), Of("alignment", i)))]);
    }

    private static ModelManifest Describe(ReasoningRecipe recipe, ReasoningProgress progress, ReasonerGraphs graphs, IPuzzleSource source)
    {
        ReasoningServingRecipe serving = recipe.Serving;
        TokenVocabulary vocabulary = source.Vocabulary;
        return new ModelManifest
        {
            FormatVersion = ModelManifest.CurrentFormatVersion,
            Name = recipe.Name,
            Version = recipe.Version,
            Task = ModelTasks.Reasoning,
            Description = recipe.Description,
            Input = Input(serving, source.Layout),
            Reasoning = new ReasoningContract
            {
                Layout = source.Layout.ToString().ToLowerInvariant(),
                Characters = string.Concat(vocabulary.Characters),
                Aliases = vocabulary.Aliases.ToDictionary(alias => $"{alias.Key}", alias => alias.Value),
                Blanks = vocabulary.Blanks,
                Answers = vocabulary.Answers,
                Checker = AnswerCheckers.Find(recipe.Puzzles[0].Kind)?.Name,
                StartNoise = recipe.Solve.Noise,
                Efforts = serving.Efforts,
            },
            Encoder = GraphContract.Of(BundleFileNames.Encoder, graphs.Encoder),
            Cell = GraphContract.Of(BundleFileNames.Cell, graphs.Cell),
            Decoder = GraphContract.Of(BundleFileNames.Decoder, graphs.Decoder),
            Defaults = serving.Defaults,
            Provenance = new Dictionary<string, string>
            {
                ["tool"] = $"Deq.Export {typeof(ReasoningBundleContents).Assembly.GetName().Version?.ToString(3)}",
                ["recipe"] = BundleFileNames.Recipe,
                ["data"] = "drawn puzzles",
                ["seed"] = $"{recipe.Seed}",
                ["steps"] = $"{progress.Step} of {recipe.Training.Steps}",
                ["device"] = progress.Device,
                ["trainingMinutes"] = $"{progress.Seconds / 60:F0}",
                ["weights"] = $"{graphs.Weights.Sum(weight => weight.Extents.Aggregate(1, (product, n) => product * n))}",
            },
            Files = new Dictionary<string, string>(),
        };
    }

    private static ImageInput Input(ReasoningServingRecipe serving, TokenLayout layout)
    {
        var tokens = new ImageInput { Channels = 1, Mean = [0], Deviation = [1], Resize = "none" };
        return layout == TokenLayout.Cells
            ? tokens with { Height = SudokuChecker.Side, Width = SudokuChecker.Side }
            : tokens with
            {
                Sizes = new FrameSizes
                {
                    Multiple = 1,
                    LeastSide = 1,
                    MostPixels = serving.MostPlaces,
                    TypicalHeight = serving.TypicalHeight,
                    TypicalWidth = serving.TypicalWidth,
                },
            };
    }

    private static string LimitsOf(string kind) => kind switch
    {
        "maze" => "Trained on mazes in which one way leads from S to G. Where there are several ways, or rooms wider than a corridor, messages go in circles: "
            + "the answer may be wrong or no way, and the state may not come to rest.",
        "sudoku" => "Trained on puzzles with one solution. Puzzles that need many guesses are often not solved, and then usually not settled; "
            + "of a puzzle with several solutions it may give none.",
        _ => "Trained on at most 16 tokens and measured to the lengths above; longer inputs are solved as far as the evaluations reach.",
    };

    private static byte[] Log(ReasoningProgress progress) => Encoding.UTF8.GetBytes(string.Join('\n', progress.Log) + "\n");
}
