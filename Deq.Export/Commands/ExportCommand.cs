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

/// <summary>What is exported, and where to.</summary>
internal sealed record ExportRequest
{
    /// <summary>A run's directory, or a checkpoint in it.</summary>
    public required string Checkpoint { get; init; }

    /// <summary>The bundle's directory; null is <c>models/&lt;name&gt;</c>.</summary>
    public string? Output { get; init; }

    /// <summary>What quality is measured on; none measures nothing.</summary>
    public IReadOnlyList<DirectoryInfo> Data { get; init; } = [];

    /// <summary>A run of a control's directory, or a checkpoint in it; null for none.</summary>
    public string? Control { get; init; }

    /// <summary>Threads that measure, at least 1.</summary>
    public required int Threads { get; init; }

    /// <summary>Whether a bundle that is there already is replaced.</summary>
    public bool IsReplaced { get; init; }

    /// <summary>Stops it between two measurements. Default: nothing does.</summary>
    public CancellationToken Cancellation { get; init; }
}

/// <summary><c>export &lt;checkpoint&gt; [--output dir] [--data dir] [--control run] [--replace]</c>: writes a bundle, measured when it is given data.</summary>
internal static class ExportCommand
{
    /// <summary>Makes the command.</summary>
    /// <param name="tasks">What can be exported.</param>
    public static Command Make(TrainedTasks tasks)
    {
        var checkpoint = new Argument<DirectoryInfo>("checkpoint") { Description = "A run's directory, or a checkpoint in it." };
        var output = new Option<DirectoryInfo?>("--output") { Description = "The bundle. Default: models/<name>." };
        var data = new Option<DirectoryInfo[]>("--data") { Description = "As evaluate takes it: what the quality on the model card is measured on." };
        var control = new Option<DirectoryInfo?>("--control") { Description = "A run of the same cell trained with one start and one depth: the card of a reasoner shows it beside what --data measures." };
        Option<int> threads = SharedOptions.Threads();
        Option<bool> replace = SharedOptions.Replace();
        var command = new Command("export", "Writes a checkpoint as a bundle of ONNX graphs; --data measures its quality for the model card.")
        {
            checkpoint, output, data, control, threads, replace,
        };
        command.SetAction(result => Run(tasks, new ExportRequest
        {
            Checkpoint = result.GetRequiredValue(checkpoint).FullName,
            Output = result.GetValue(output)?.FullName,
            Data = result.GetValue(data) ?? [],
            Control = result.GetValue(control)?.FullName,
            Threads = result.GetValue(threads),
            IsReplaced = result.GetValue(replace),
        }));
        return command;
    }

    /// <summary>Exports.</summary>
    /// <exception cref="CommandException">There is a bundle already.</exception>
    /// <exception cref="OperationCanceledException">It was stopped between two measurements; nothing was written.</exception>
    public static void Run(TrainedTasks tasks, ExportRequest request)
    {
        string checkpoint = CheckpointPath.Find(request.Checkpoint);
        (ITrainedTask task, TrainingProgress progress) = tasks.OfCheckpoint(checkpoint);
        string recipe = Checkpoint.RecipePath(checkpoint);
        BundleContents contents = BundleContents.Of(checkpoint, progress, task.Parts(recipe, progress));
        string target = request.Output ?? BundleTarget.Of(contents.Manifest.Name);
        BundleTarget.RequireFree(target, request.IsReplaced);
        ControlPart? control = ControlOf(tasks, task, recipe, request);
        EvaluationPage? page = request.Data.Count == 0 ? null : Measure(contents, bundle => task.Evaluate(bundle, new EvaluationRequest
        {
            Data = request.Data,
            Defaults = bundle.Manifest.Defaults,
            Threads = request.Threads,
            IsForCard = true,
            Report = line =>
            {
                AnsiConsole.Profile.Out.Writer.WriteLine(line);
                request.Cancellation.ThrowIfCancellationRequested();
            },
            Clock = TimeProvider.System,
        }));
        (ModelManifest manifest, Dictionary<string, byte[]> files) = contents.Finish(page is not null && control is not null ? control.On(page) : page);
        request.Cancellation.ThrowIfCancellationRequested();
        ModelManifest written = BundleWriter.Write(target, manifest, files, replace: true);
        AnsiConsole.Profile.Out.Writer.WriteLine(
            $"Wrote {target}: {written.Files.Count + 1} files, {files.Values.Sum(file => file.Length) / 1024.0:F0} KiB.");
    }

    private static ControlPart? ControlOf(TrainedTasks tasks, ITrainedTask task, string recipe, ExportRequest request)
    {
        if (request.Control is not { } run)
        {
            return null;
        }

        string checkpoint = CheckpointPath.Find(run);
        (ITrainedTask other, TrainingProgress progress) = tasks.OfCheckpoint(checkpoint);
        return request.Data.Count == 0 ? throw new CommandException("--control is shown beside what --data measures: give both.")
            : other != task ? throw new CommandException($"{run} is no control: its task is {other.Name}, the model's is {task.Name}.")
            : task.Control(recipe, checkpoint, progress) ?? throw new CommandException($"Models of the task {task.Name} have no controls: leave out --control.");
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
