using System.CommandLine;
using Deq.Export.Bundling;
using Deq.Export.CommandLine;
using Deq.Export.Graphs;
using Deq.Export.Graphs.Onnx;
using Deq.Export.Tasks;
using Deq.Export.Training;
using Deq.Runtime.Bundles;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;
using Spectre.Console;

namespace Deq.Export.Commands;

/// <summary><c>weights &lt;bundle|checkpoint&gt; --safetensors out.safetensors</c>: the weights for other programs.</summary>
internal static class WeightsCommand
{
    /// <summary>Makes the command.</summary>
    /// <param name="tasks">Whose checkpoints can be read.</param>
    public static Command Make(TrainedTasks tasks)
    {
        var source = new Argument<DirectoryInfo>("source") { Description = "A bundle, a run's directory, or a checkpoint in it." };
        var target = new Option<FileInfo>("--safetensors") { Required = true, Description = "The file to write." };
        Option<bool> replace = SharedOptions.Replace();
        var command = new Command("weights", "Writes the weights of a bundle, or the averaged ones of a checkpoint, as safetensors.") { source, target, replace };
        command.SetAction(result =>
        {
            string path = result.GetRequiredValue(target).FullName;
            if (File.Exists(path) && !result.GetValue(replace))
            {
                throw new CommandException($"{path} is there already: --replace replaces it.");
            }

            string directory = result.GetRequiredValue(source).FullName;
            bool isBundle = File.Exists(Path.Combine(directory, ModelBundle.ManifestFile));
            NamedWeights[] weights = isBundle ? OfBundle(directory) : OfCheckpoint(tasks, directory);
            SafetensorsFile.Write(path, weights, new Dictionary<string, string> { ["format"] = "pt", ["source"] = Path.GetFileName(Path.TrimEndingDirectorySeparator(directory)) });
            AnsiConsole.Profile.Out.Writer.WriteLine($"Wrote {path}: {weights.Length} tensors, {weights.Sum(tensor => (long)tensor.Values.Length)} numbers.");
        });
        return command;
    }

    /// <summary>The weights of a bundle's graphs, as served: reparametrizations are folded in. A name that two graphs give different tensors is prefixed with the part's.</summary>
    private static NamedWeights[] OfBundle(string directory)
    {
        using ModelBundle bundle = ModelBundle.Open(directory, new ExecutionOptions());
        (string Part, NamedWeights Tensor)[] all =
        [
            .. from part in bundle.Manifest.Parts
               where part.Key != ModelParts.CellVectorJacobian
               from tensor in OnnxWeights.ReadAll(File.ReadAllBytes(Path.Combine(directory, part.Value.File)))
               select (part.Key, new NamedWeights(tensor.Name, tensor.Extents, tensor.Values)),
        ];
        return
        [
            .. all.GroupBy(weight => weight.Tensor.Name, StringComparer.Ordinal).SelectMany(group =>
                group.All(weight => weight.Tensor.Values.AsSpan().SequenceEqual(group.First().Tensor.Values))
                    ? [group.First().Tensor]
                    : group.Select(weight => weight.Tensor with { Name = $"{weight.Part}/{weight.Tensor.Name}" }))
                .OrderBy(tensor => tensor.Name, StringComparer.Ordinal),
        ];
    }

    private static NamedWeights[] OfCheckpoint(TrainedTasks tasks, string directory)
    {
        string checkpoint = CheckpointPath.Find(directory);
        (ITrainedTask task, TrainingProgress progress) = tasks.OfCheckpoint(checkpoint);
        BundleParts parts = task.Parts(Checkpoint.RecipePath(checkpoint), progress);
        using var parameters = new ModelParameters(parts.Graphs.Weights, parts.Seed);
        Checkpoint.ReadAverage(checkpoint, parameters);
        Graph[] graphs = [parts.Graphs.Encoder, parts.Graphs.Cell, parts.Graphs.Decoder];
        return
        [
            .. graphs.SelectMany(graph => graph.Weights.Zip(parameters.Fold(graph), (weight, values) => new NamedWeights(weight.Name, [.. weight.Extents.Select(extent => (long)extent)], values)))
                .DistinctBy(tensor => tensor.Name)
                .OrderBy(tensor => tensor.Name, StringComparer.Ordinal),
        ];
    }
}
