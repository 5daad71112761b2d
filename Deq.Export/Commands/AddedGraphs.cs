using System.CommandLine;
using Deq.Export.Bundling;
using Deq.Export.CommandLine;
using Deq.Export.Graphs;
using Deq.Export.Graphs.Onnx;
using Deq.Export.Tasks;
using Deq.Export.Verification;
using Deq.Runtime.Bundles;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;
using Spectre.Console;

namespace Deq.Export.Commands;

/// <summary>Writes graphs beside the others of a bundle, with the weights that its files hold: nothing is trained, and the other files stay as they are.</summary>
internal static class AddedGraphs
{
    /// <summary>A command that takes a bundle and adds graphs to it.</summary>
    /// <param name="name">As it is typed.</param>
    /// <param name="description">For its help.</param>
    /// <param name="run">Adds them, given the bundle's folder.</param>
    public static Command Command(string name, string description, Action<string> run)
    {
        Argument<DirectoryInfo> bundle = SharedOptions.Bundle();
        var command = new Command(name, description) { bundle };
        command.SetAction(result => run(result.GetRequiredValue(bundle).FullName));
        return command;
    }

    /// <summary>Adds them; those that are there already are replaced.</summary>
    /// <param name="tasks">Whose bundles it takes.</param>
    /// <param name="directory">The bundle.</param>
    /// <param name="choose">The graphs to add, each by its name in manifests and its file, given the bundle's name and the graphs of its recipe.</param>
    /// <exception cref="InvalidDataException">The bundle has no recipe, or not its weights.</exception>
    public static void Write(TrainedTasks tasks, string directory, Func<string, ModelGraphs, IReadOnlyList<(string Part, string File, Graph Graph)>> choose)
    {
        (ModelManifest manifest, Dictionary<string, byte[]> files, string[] added) = Joined(tasks, directory, choose);
        BundleWriter.Write(directory, manifest, files, replace: true);
        AnsiConsole.Profile.Out.Writer.WriteLine($"Added {string.Join(", ", added)} to {directory}, {added.Sum(file => files[file].Length) / 1024.0:F0} KiB.");
    }

    private static (ModelManifest Manifest, Dictionary<string, byte[]> Files, string[] Added) Joined(
        TrainedTasks tasks, string directory, Func<string, ModelGraphs, IReadOnlyList<(string Part, string File, Graph Graph)>> choose)
    {
        using ModelBundle bundle = ModelBundle.Open(directory, new ExecutionOptions());
        ModelGraphs graphs = tasks.Named(bundle.Manifest.Task).Verified(bundle, new VerifiedSamples(Data: null, Count: 1, Seed: 1)).Graphs;
        IReadOnlyList<(string Part, string File, Graph Graph)> added = choose(bundle.Manifest.Name, graphs);
        var files = bundle.Manifest.Files.Keys.ToDictionary(file => file, file => File.ReadAllBytes(Path.Combine(directory, file)), StringComparer.Ordinal);
        Dictionary<string, float[]> weights = bundle.Manifest.Parts.Values
            .SelectMany(part => OnnxWeights.Read(files[part.File]))
            .GroupBy(weight => weight.Key, weight => weight.Value, StringComparer.Ordinal)
            .ToDictionary(weight => weight.Key, weight => weight.First(), StringComparer.Ordinal);
        ModelManifest manifest = bundle.Manifest;
        foreach ((string part, string file, Graph graph) in added)
        {
            files[file] = OnnxWriter.Write(graph, [.. graph.Weights.Select(weight => weights.TryGetValue(weight.Name, out float[]? values)
                ? values
                : throw new InvalidDataException($"{directory} does not hold the weights of its recipe: {weight.Name} is missing."))]);
            manifest = manifest.WithPart(part, GraphContract.Of(file, graph));
        }

        return (manifest, files, [.. added.Select(graph => graph.File)]);
    }
}
