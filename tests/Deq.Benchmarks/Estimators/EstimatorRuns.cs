using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Deq.Export.Recipes;
using Deq.Export.Tasks.Classification;
using Deq.Export.Tasks.Classification.Datasets;
using Deq.Export.Training;
using static TorchSharp.torch;

namespace Deq.Benchmarks.Estimators;

/// <summary>The runs of the comparison in a folder, one folder each: trained one after another, each only once.</summary>
/// <param name="folder">Holds the runs.</param>
/// <param name="common">The recipe that all share.</param>
/// <param name="dataset">The images to train with and to hold out.</param>
/// <param name="solved">The most held-out images whose evaluations are counted.</param>
internal sealed class EstimatorRuns(string folder, JsonObject common, ImageDataset dataset, int solved)
{
    /// <summary>How many steps at the end of a run its solves are reported over.</summary>
    public const int LastSteps = 50;

    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>
    /// The result of a run: read where it has ended before, otherwise trained, from its checkpoint if it has one. Null when cancelled, or while
    /// another process has this run in hand.
    /// </summary>
    /// <exception cref="InvalidDataException">The folder holds a run of another recipe.</exception>
    public EstimatorResult? Finish(EstimatorVariant variant, int seed, CancellationToken cancellation)
    {
        string directory = Path.Combine(folder, $"{variant.Name}-{seed}");
        Directory.CreateDirectory(directory);
        using FileStream? claim = Claim(Path.Combine(directory, "claim"));
        if (claim is null)
        {
            return null;
        }

        string recipe = WriteRecipe(directory, variant.Recipe(common, seed));
        string result = Path.Combine(directory, "result.json");
        if (File.Exists(result))
        {
            return JsonSerializer.Deserialize<EstimatorResult>(File.ReadAllText(result), Json);
        }

        if (cancellation.IsCancellationRequested || Train(variant, directory, recipe, cancellation) is not { } found)
        {
            return null;
        }

        File.WriteAllText(result, JsonSerializer.Serialize(found, Json));
        return found;
    }

    /// <summary>Held while a run is in hand; the system gives it back if the process dies.</summary>
    private static FileStream? Claim(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static string WriteRecipe(string directory, JsonObject recipe)
    {
        string path = Path.Combine(directory, "recipe.json");
        string text = recipe.ToJsonString(Json);
        if (File.Exists(path) && File.ReadAllText(path) != text)
        {
            throw new InvalidDataException($"{path} is of another comparison; name another folder.");
        }

        File.WriteAllText(path, text);
        return path;
    }

    private EstimatorResult? Train(EstimatorVariant variant, string directory, string path, CancellationToken cancellation)
    {
        TrainingRecipe recipe = TrainingRecipe.Read(path);
        var images = new TrainingImages(recipe, dataset, CPU);
        var steps = new WatchedSteps();
        using var trainer = new Trainer(recipe, File.ReadAllText(path), images, directory, resume: true, CPU, steps);
        trainer.Run(cancellation);
        IReadOnlyList<EpochReport> epochs = trainer.Progress.Epochs;
        return epochs.Count < recipe.Training.Epochs ? null : new EstimatorResult
        {
            Variant = variant.Name,
            Seed = recipe.Seed,
            Accuracy = epochs[^1].Accuracy,
            HeldOut = images.HeldOut.Count,
            ForwardEvaluations = steps.Evaluations(LastSteps),
            Residual = steps.Residual(LastSteps),
            BackwardEvaluations = epochs[^1].BackwardEvaluations,
            StepMilliseconds = steps.Milliseconds,
            Solves = HeldOutSolves.Count(recipe, trainer.CheckpointDirectory, images, solved),
        };
    }
}
