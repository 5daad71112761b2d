using System.Text.Json;
using System.Text.Json.Serialization;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Deq.Export.Training;

/// <summary>A directory from which training can be resumed and export reads: recipe, progress, parameters, their average, optimizer.</summary>
/// <remarks>
/// Written beside the old one and then exchanged, so that an interruption leaves one of the two whole. The optimizer is written under another name
/// first: where its file is, everything is.
/// </remarks>
internal static class Checkpoint
{
    private const string RecipeFile = "recipe.json";
    private const string ProgressFile = "progress.json";
    private const string ParametersFile = "parameters.bin";
    private const string AverageFile = "average.bin";
    private const string OptimizerFile = "optimizer.bin";
    private const string CarriedFolder = "carried";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>Replaces what is in <paramref name="directory"/>.</summary>
    /// <param name="directory">The checkpoint.</param>
    /// <param name="recipe">The recipe's text, as read.</param>
    /// <param name="progress">How far the run has come.</param>
    /// <param name="state">Its tensors.</param>
    /// <param name="carried">What the next step takes over from the last one.</param>
    public static void Write(
        string directory, string recipe, TrainingProgress progress, TrainingState state, IReadOnlyDictionary<string, Tensor> carried)
    {
        string fresh = directory + ".new";
        string old = directory + ".old";
        Remove(fresh);
        Directory.CreateDirectory(fresh);
        File.WriteAllText(Path.Combine(fresh, RecipeFile), recipe);
        File.WriteAllText(Path.Combine(fresh, ProgressFile), JsonSerializer.Serialize(progress, Json));
        WriteTensors(Path.Combine(fresh, ParametersFile), state.Parameters);
        WriteTensors(Path.Combine(fresh, AverageFile), state.Average);
        WriteCarried(Path.Combine(fresh, CarriedFolder), carried);
        string optimizer = Path.Combine(fresh, OptimizerFile);
        state.Optimizer.save_state_dict(optimizer + ".part");
        File.Move(optimizer + ".part", optimizer);
        Remove(old);
        if (Directory.Exists(directory))
        {
            Directory.Move(directory, old);
        }

        Directory.Move(fresh, directory);
        Remove(old);
    }

    /// <summary>Where a whole checkpoint lies: the directory itself, or the previous one if an exchange was interrupted; null for none.</summary>
    public static string? Find(string directory)
    {
        foreach (string candidate in (string[])[directory, directory + ".old", directory + ".new"])
        {
            if (File.Exists(Path.Combine(candidate, OptimizerFile)))
            {
                return candidate;
            }
        }

        return null;
    }

    /// <summary>The recipe file of a checkpoint.</summary>
    public static string RecipePath(string directory) => Path.Combine(directory, RecipeFile);

    /// <summary>How far the run had come.</summary>
    /// <param name="directory">The checkpoint.</param>
    /// <param name="readEarlier">Reads what was written before checkpoints named their task; null where it cannot.</param>
    /// <exception cref="InvalidDataException">The file is missing or damaged.</exception>
    public static TrainingProgress ReadProgress(string directory, Func<JsonElement, TrainingProgress?> readEarlier)
    {
        string path = Path.Combine(directory, ProgressFile);
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllText(path));
            JsonElement root = document.RootElement;
            bool isEarlier = root.ValueKind == JsonValueKind.Object && !root.TryGetProperty("task", out _);
            return (isEarlier ? readEarlier(root) : root.Deserialize<TrainingProgress>(Json))
                ?? throw new InvalidDataException($"{path} is not a training progress.");
        }
        catch (Exception exception) when (exception is JsonException or IOException)
        {
            throw new InvalidDataException($"{path} is not a training progress: {exception.Message}", exception);
        }
    }

    /// <summary>What the next step takes over from the last one; owned by the one who asks, in no dispose scope.</summary>
    public static IReadOnlyDictionary<string, Tensor> ReadCarried(string directory)
    {
        string folder = Path.Combine(directory, CarriedFolder);
        return Directory.Exists(folder)
            ? Directory.GetFiles(folder).ToDictionary(path => Path.GetFileName(path), path => Tensor.Load(path).DetachFromDisposeScope())
            : new Dictionary<string, Tensor>();
    }

    /// <summary>Restores the tensors of a run.</summary>
    /// <exception cref="InvalidDataException">A tensor is missing or has another shape: the checkpoint belongs to another recipe.</exception>
    public static void ReadState(string directory, TrainingState state)
    {
        ReadTensors(Path.Combine(directory, ParametersFile), state.Parameters);
        ReadTensors(Path.Combine(directory, AverageFile), state.Average);
        state.Optimizer.load_state_dict(Path.Combine(directory, OptimizerFile));
    }

    /// <summary>Restores the averaged parameters alone: what export takes.</summary>
    /// <exception cref="InvalidDataException">As <see cref="ReadState"/>.</exception>
    public static void ReadAverage(string directory, ModelParameters parameters) =>
        ReadTensors(Path.Combine(directory, AverageFile), parameters);

    private static void WriteCarried(string folder, IReadOnlyDictionary<string, Tensor> carried)
    {
        if (carried.Count > 0)
        {
            Directory.CreateDirectory(folder);
        }

        foreach ((string name, Tensor value) in carried)
        {
            value.Save(Path.Combine(folder, name));
        }
    }

    private static void WriteTensors(string path, ModelParameters parameters)
    {
        using IDisposable scope = NewDisposeScope();
        using ParameterDict tensors = Named(parameters);
        tensors.save(path);
    }

    private static void ReadTensors(string path, ModelParameters parameters)
    {
        using IDisposable scope = NewDisposeScope();
        using IDisposable detached = no_grad();
        using ParameterDict tensors = Named(parameters);
        try
        {
            tensors.load(path);
        }
        catch (Exception exception) when (exception is ArgumentException or IOException or InvalidOperationException)
        {
            throw new InvalidDataException($"{path} does not hold the parameters of this recipe: {exception.Message}", exception);
        }

        foreach ((string name, Tensor value) in parameters.Kept)
        {
            value.copy_(tensors[Key(name)]);
        }
    }

    private static ParameterDict Named(ModelParameters parameters) =>
        nn.ParameterDict([.. parameters.Kept.Select(entry => (Key(entry.Name), new Parameter(entry.Value.detach().clone(), requires_grad: false)))]);

    // Names of module members hold no dots.
    private static string Key(string name) => name.Replace('.', '/');

    private static void Remove(string directory)
    {
        if (Directory.Exists(directory))
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
