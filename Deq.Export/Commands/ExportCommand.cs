using System.CommandLine;
using Deq.Export.Bundling;
using Deq.Export.CommandLine;
using Deq.Export.Evaluation;
using Deq.Export.Tasks;
using Deq.Export.Training;
using Deq.Runtime.Bundles;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;
using Spectre.Console;

namespace Deq.Export.Commands;

/// <summary><c>export &lt;checkpoint&gt; [--output dir] [--data dir]</c>: writes a bundle, measured when it is given data.</summary>
internal static class ExportCommand
{
    /// <summary>Makes the command.</summary>
    /// <param name="tasks">What can be exported.</param>
    public static Command Make(TrainedTasks tasks)
    {
        var checkpoint = new Argument<DirectoryInfo>("checkpoint") { Description = "A run's directory, or a checkpoint in it." };
        var output = new Option<DirectoryInfo?>("--output") { Description = "The bundle. Default: models/<name>." };
        var data = new Option<DirectoryInfo[]>("--data") { Description = "As evaluate takes it: what the quality on the model card is measured on." };
        Option<int> threads = SharedOptions.Threads();
        var command = new Command("export", "Writes a checkpoint as a bundle of ONNX graphs; --data measures its quality for the model card.")
        {
            checkpoint, output, data, threads,
        };
        command.SetAction(result => Run(
            tasks, result.GetRequiredValue(checkpoint), result.GetValue(output), result.GetValue(data) ?? [], result.GetValue(threads)));
        return command;
    }

    private static void Run(TrainedTasks tasks, DirectoryInfo path, DirectoryInfo? output, DirectoryInfo[] data, int threads)
    {
        string checkpoint = CheckpointPath.Find(path.FullName);
        (ITrainedTask task, TrainingProgress progress) = tasks.OfCheckpoint(checkpoint);
        BundleContents contents = BundleContents.Of(checkpoint, progress, task.Parts(Checkpoint.RecipePath(checkpoint), progress));
        EvaluationPage? page = data.Length == 0 ? null : Measure(contents, bundle => task.Evaluate(bundle, new EvaluationRequest
        {
            Data = data,
            Defaults = bundle.Manifest.Defaults,
            Threads = threads,
            IsForCard = true,
            Report = AnsiConsole.Profile.Out.Writer.WriteLine,
            Clock = TimeProvider.System,
        }));
        (ModelManifest manifest, Dictionary<string, byte[]> files) = contents.Finish(page);
        string target = output?.FullName ?? Path.Combine("models", manifest.Name);
        ModelManifest written = BundleWriter.Write(target, manifest, files, replace: true);
        AnsiConsole.Profile.Out.Writer.WriteLine(
            $"Wrote {target}: {written.Files.Count + 1} files, {files.Values.Sum(file => file.Length) / 1024.0:F0} KiB.");
    }

    /// <summary>Writes the bundle aside, opens it as a server would, and measures that.</summary>
    private static EvaluationPage Measure(BundleContents contents, Func<ModelBundle, EvaluationPage> measure)
    {
        DirectoryInfo parent = Directory.CreateTempSubdirectory("deq-export-");
        try
        {
            string draft = Path.Combine(parent.FullName, contents.Manifest.Name);
            BundleWriter.Write(draft, contents.Manifest, contents.Files);
            using ModelBundle bundle = ModelBundle.Open(draft, new ExecutionOptions());
            return measure(bundle);
        }
        finally
        {
            parent.Delete(recursive: true);
        }
    }
}
