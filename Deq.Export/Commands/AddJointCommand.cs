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

/// <summary><c>add-joint &lt;bundle&gt;</c>: writes the graphs of joint inference beside the others of a bundle; its weights stay as they are.</summary>
internal static class AddJointCommand
{
    /// <summary>Makes the command.</summary>
    /// <param name="tasks">Whose bundles it takes.</param>
    public static Command Make(TrainedTasks tasks)
    {
        Argument<DirectoryInfo> bundle = SharedOptions.Bundle();
        var command = new Command("add-joint", "Adds the graphs of joint inference to a bundle without training: the weights stay as they are.") { bundle };
        command.SetAction(result => Run(tasks, result.GetRequiredValue(bundle).FullName));
        return command;
    }

    /// <summary>Adds them.</summary>
    /// <exception cref="InvalidDataException">The bundle has no recipe, or not its weights.</exception>
    /// <exception cref="CommandException">The model hands over more than joint inference takes.</exception>
    public static void Run(TrainedTasks tasks, string directory)
    {
        (ModelManifest manifest, Dictionary<string, byte[]> files) = Joined(tasks, directory);
        BundleWriter.Write(directory, manifest, files, replace: true);
        string[] added = [BundleFileNames.JointCell, BundleFileNames.DecoderVectorJacobian, BundleFileNames.EncoderVectorJacobian];
        AnsiConsole.Profile.Out.Writer.WriteLine($"Added {string.Join(", ", added)} to {directory}, {added.Sum(file => files[file].Length) / 1024.0:F0} KiB.");
    }

    private static (ModelManifest Manifest, Dictionary<string, byte[]> Files) Joined(TrainedTasks tasks, string directory)
    {
        using ModelBundle bundle = ModelBundle.Open(directory, new ExecutionOptions());
        ModelGraphs graphs = tasks.Named(bundle.Manifest.Task).Verified(bundle, new VerifiedSamples(Data: null, Count: 1, Seed: 1)).Graphs;
        if (!JointGraphs.CanBeOf(graphs))
        {
            throw new CommandException($"The model {bundle.Manifest.Name} hands over further injections; joint inference takes a cell of (z, x) and a decoder of z.");
        }

        var files = bundle.Manifest.Files.Keys.ToDictionary(file => file, file => File.ReadAllBytes(Path.Combine(directory, file)), StringComparer.Ordinal);
        Dictionary<string, float[]> weights = bundle.Manifest.Parts.Values
            .SelectMany(part => OnnxWeights.Read(files[part.File]))
            .GroupBy(weight => weight.Key, weight => weight.Value, StringComparer.Ordinal)
            .ToDictionary(weight => weight.Key, weight => weight.First(), StringComparer.Ordinal);
        var joint = JointGraphs.Of(graphs);
        foreach ((_, string file, Graph graph) in joint.Parts)
        {
            files[file] = OnnxWriter.Write(graph, [.. graph.Weights.Select(weight => weights.TryGetValue(weight.Name, out float[]? values)
                ? values
                : throw new InvalidDataException($"{directory} does not hold the weights of its recipe: {weight.Name} is missing."))]);
        }

        return (JointGraphs.Describe(joint, bundle.Manifest), files);
    }
}
