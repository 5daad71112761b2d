using System.CommandLine;
using Deq.Export.Bundling;
using Deq.Export.CommandLine;
using Deq.Export.Plots;
using Deq.Export.Tasks;
using Deq.Export.Training;
using Spectre.Console;
using static TorchSharp.torch;

namespace Deq.Export.Commands;

/// <summary><c>train &lt;recipe.json&gt; [--data &lt;dir&gt;] [--output dir] [--resume] [--device cpu|cuda] [--threads n] [--export [--replace]]</c>.</summary>
internal static class TrainCommand
{
    /// <summary>What a shell reports of a program that an interrupt ended: 128 and the signal's number.</summary>
    private const int Interrupted = 130;

    /// <summary>Makes the command.</summary>
    /// <param name="tasks">What can be trained.</param>
    public static Command Make(TrainedTasks tasks)
    {
        var recipe = new Argument<FileInfo>("recipe") { Description = "The recipe, a JSON file: init writes one for images; docs/recipes.md and docs/optical-flow.md list the keys." };
        var data = new Option<DirectoryInfo?>("--data") { Description = "The data set, for tasks that take one: a directory of images, say; of flow, photographs in place of the recipe's." };
        var output = new Option<DirectoryInfo?>("--output")
        {
            Description = "Where checkpoint, log and curves go. Default: runs/<name> in the working directory.",
        };
        var resume = new Option<bool>("--resume") { Description = "Continue from the checkpoint there, if there is one." };
        var export = new Option<bool>("--export") { Description = "At the end, export the best weights to models/<name>, measured on the data." };
        Option<bool> replace = SharedOptions.Replace();
        Option<string> device = SharedOptions.Device();
        Option<int> threads = SharedOptions.Threads();
        var command = new Command("train", "Trains a model by a recipe.") { recipe, data, output, resume, device, threads, export, replace };
        foreach (string alias in tasks.All.SelectMany(task => task.TrainAliases))
        {
            command.Aliases.Add(alias);
        }

        // On another thread, so that the command line is free to hear the interrupt.
        command.SetAction((result, cancellation) => Task.Run(
            () => Run(
                tasks,
                new TrainRequest
                {
                    Recipe = result.GetRequiredValue(recipe),
                    Data = result.GetValue(data),
                    Output = result.GetValue(output),
                    IsResumed = result.GetValue(resume),
                    Device = SharedOptions.Device(result.GetValue(device)),
                    Threads = result.GetValue(threads),
                    IsExported = result.GetValue(export),
                    IsReplaced = result.GetValue(replace),
                },
                cancellation),
            CancellationToken.None));
        return command;
    }

    /// <summary>Trains, says what to do next, and exports where that was asked for.</summary>
    /// <returns>0; 130 where it was stopped before its end, so that no command after it takes a half-trained model for a whole one.</returns>
    /// <exception cref="CommandException">The bundle that would be written is there already.</exception>
    public static int Run(TrainedTasks tasks, TrainRequest request, CancellationToken cancellation)
    {
        set_num_threads(request.Threads);
        TextWriter writer = AnsiConsole.Console.Profile.Out.Writer;
        if (request.Data is { } data)
        {
            writer.WriteLine($"Reading {data.Name} …");
        }

        using ITrainingRun run = tasks.OfRecipe(request.Recipe.FullName).Begin(request.Recipe.FullName, new TrainingPlace(request.Data, request.Device, request.IsResumed));
        TrainingPlan plan = run.Plan;
        if (request.IsExported)
        {
            BundleTarget.RequireFree(BundleTarget.Of(plan.Name), request.IsReplaced);
        }

        string directory = request.Output?.FullName ?? Path.Combine("runs", plan.Name);
        Directory.CreateDirectory(directory);
        var files = new TrainingFiles(directory, File.ReadAllText(request.Recipe.FullName), DeviceName.Of(request.Device), TimeProvider.System);
        var view = new ConsoleView(AnsiConsole.Console, plan, TimeProvider.System);
        var trainer = new Trainer(run, files, request.IsResumed, view);
        writer.WriteLine($"{plan.Name}: {plan.Description}" + (trainer.Progress.Step > 0 ? $"; continuing at step {trainer.Progress.Step + 1}" : "") + ".");
        if (trainer.SetAside is { } aside)
        {
            writer.WriteLine($"An earlier run was in {directory}: it is in {aside} now.");
        }

        if (!PlotFont.IsAvailable)
        {
            writer.WriteLine("No font is installed here: curves.png will have no text. log.csv has the same numbers.");
        }

        using (cancellation.Register(() => writer.WriteLine("\nStopping after this step …")))
        {
            trainer.Run(cancellation);
        }

        view.Close();
        return Finish(tasks, request, run, trainer, cancellation);
    }

    /// <summary>The further options that a run must be given again to go on as it was.</summary>
    private static IEnumerable<string> Rest(TrainRequest request) =>
    [
        .. request.Output is { } output ? ["--output", output.ToString()] : Array.Empty<string>(),
        .. request.Device.type == TorchSharp.DeviceType.CUDA ? ["--device", "cuda"] : Array.Empty<string>(),
        .. request.Threads != SharedOptions.UsualThreads ? ["--threads", $"{request.Threads}"] : Array.Empty<string>(),
        .. request.IsExported ? ["--export"] : Array.Empty<string>(),
        .. request.IsReplaced ? ["--replace"] : Array.Empty<string>(),
    ];

    private static int Finish(TrainedTasks tasks, TrainRequest request, ITrainingRun run, Trainer trainer, CancellationToken cancellation)
    {
        TextWriter writer = AnsiConsole.Console.Profile.Out.Writer;
        string[] data = request.Data is { } directory ? ["--data", directory.ToString()] : [];
        if (cancellation.IsCancellationRequested)
        {
            writer.WriteLine($"Stopped. Continue with:\n  {Hint.Of(["train", request.Recipe.ToString(), .. data, .. Rest(request), "--resume"])}");
            return Interrupted;
        }

        string best = trainer.Progress.BestScore is { } score ? $" Best validation {score:G4}." : "";
        writer.WriteLine($"Done.{best}");
        if (run.Advice(trainer.Log) is { } advice)
        {
            writer.WriteLine($"warning: {advice}");
        }

        TrainRequest measured = tasks.Named(run.Plan.Task).IsMeasuredOnTrainingData ? request : request with { Data = null };
        data = measured.Data is null ? [] : data;
        string finished = Directory.Exists(trainer.BestDirectory) ? trainer.BestDirectory : trainer.CheckpointDirectory;
        if (!request.IsExported)
        {
            writer.WriteLine($"Export it with:\n  {Hint.Of(["export", finished, .. data])}");
            return 0;
        }

        try
        {
            Export(tasks, measured, finished, cancellation);
            return 0;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            string[] replace = request.IsReplaced ? ["--replace"] : [];
            writer.WriteLine($"Stopped; nothing was exported. Export it with:\n  {Hint.Of(["export", finished, .. data, .. replace])}");
            return Interrupted;
        }
    }

    private static void Export(TrainedTasks tasks, TrainRequest request, string checkpoint, CancellationToken cancellation)
    {
        using CancellationTokenRegistration said = cancellation.Register(
            () => AnsiConsole.Console.Profile.Out.Writer.WriteLine("\nStopping after this measurement …"));
        ExportCommand.Run(tasks, new ExportRequest
        {
            Checkpoint = checkpoint,
            Data = request.Data is { } images ? [images] : [],
            Threads = request.Threads,
            IsReplaced = request.IsReplaced,
            Cancellation = cancellation,
        });
    }
}
