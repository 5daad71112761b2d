using System.CommandLine;
using Deq.Export.CommandLine;
using Deq.Export.Plots;
using Deq.Export.Tasks;
using Deq.Export.Training;
using Spectre.Console;

namespace Deq.Export.Commands;

/// <summary><c>train &lt;recipe.json&gt; [--data &lt;dir&gt;] [--output dir] [--resume] [--device cpu|cuda]</c>.</summary>
internal static class TrainCommand
{
    /// <summary>Makes the command.</summary>
    /// <param name="tasks">What can be trained.</param>
    public static Command Make(TrainedTasks tasks)
    {
        var recipe = new Argument<FileInfo>("recipe") { Description = "The recipe, a JSON file; see docs/recipes.md." };
        var data = new Option<DirectoryInfo?>("--data") { Description = "The data set, for tasks that take one: a directory of images, say." };
        var output = new Option<DirectoryInfo?>("--output")
        {
            Description = "Where checkpoint, log and curves go. Default: runs/<name> in the working directory.",
        };
        var resume = new Option<bool>("--resume") { Description = "Continue from the checkpoint there, if there is one." };
        Option<string> device = SharedOptions.Device();
        var command = new Command("train", "Trains a model by a recipe.") { recipe, data, output, resume, device };
        foreach (string alias in tasks.All.SelectMany(task => task.TrainAliases))
        {
            command.Aliases.Add(alias);
        }

        // On another thread, so that the command line is free to hear the interrupt.
        command.SetAction((result, cancellation) => Task.Run(
            () => Run(
                tasks,
                result.GetRequiredValue(recipe),
                new TrainingPlace(result.GetValue(data), SharedOptions.Device(result.GetValue(device))),
                result.GetValue(output),
                result.GetValue(resume),
                cancellation),
            CancellationToken.None));
        return command;
    }

    private static void Run(
        TrainedTasks tasks, FileInfo recipe, TrainingPlace place, DirectoryInfo? output, bool resume, CancellationToken cancellation)
    {
        using ITrainingRun run = tasks.OfRecipe(recipe.FullName).Begin(recipe.FullName, place);
        TrainingPlan plan = run.Plan;
        string directory = output?.FullName ?? Path.Combine("runs", plan.Name);
        Directory.CreateDirectory(directory);
        IAnsiConsole console = AnsiConsole.Console;
        TextWriter writer = console.Profile.Out.Writer;
        var files = new TrainingFiles(directory, File.ReadAllText(recipe.FullName), DeviceName.Of(place.Device), TimeProvider.System);
        var trainer = new Trainer(run, files, resume, new ConsoleView(console, plan, TimeProvider.System));
        writer.WriteLine($"{plan.Name}: {plan.Description}" + (trainer.Progress.Step > 0 ? $"; continuing at step {trainer.Progress.Step + 1}" : "") + ".");
        if (!PlotFont.IsAvailable)
        {
            writer.WriteLine("No font is installed here: curves.png will have no text. log.csv has the same numbers.");
        }

        trainer.Run(cancellation);
        string best = trainer.Progress.BestScore is { } score ? $"best validation {score:G4}. " : "";
        string finished = Directory.Exists(trainer.BestDirectory) ? trainer.BestDirectory : trainer.CheckpointDirectory;
        writer.WriteLine(cancellation.IsCancellationRequested
            ? $"Stopped. Continue with: train {recipe.Name}{(place.Data is null ? "" : " --data …")} --resume"
            : $"Done: {best}Export it with: export {finished}");
    }
}
