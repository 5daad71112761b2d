using System.CommandLine;
using Deq.Export.Tasks.Flow.Training;
using Spectre.Console;
using static TorchSharp.torch;

namespace Deq.Export.Commands;

/// <summary><c>train-flow &lt;recipe.json&gt; [--output dir] [--resume] [--device cpu|cuda]</c>.</summary>
internal static class TrainFlowCommand
{
    public static Command Make()
    {
        var recipe = new Argument<FileInfo>("recipe") { Description = "The recipe, a JSON file." };
        var output = new Option<DirectoryInfo?>("--output") { Description = "Where checkpoint and log go. Default: runs/<name> in the working directory." };
        var resume = new Option<bool>("--resume") { Description = "Go on from the checkpoint there, if there is one." };
        Option<string> device = SharedOptions.Device();
        var command = new Command("train-flow", "Trains a flow estimator on drawn clips by a recipe.") { recipe, output, resume, device };

        // On a thread of its own, so that the command line is free to hear the interrupt.
        command.SetAction((result, cancellation) => Task.Run(
            () => Run(
                result.GetRequiredValue(recipe), result.GetValue(output), result.GetValue(resume), SharedOptions.Device(result.GetValue(device)), cancellation),
            CancellationToken.None));
        return command;
    }

    private static void Run(FileInfo path, DirectoryInfo? output, bool resume, Device device, CancellationToken cancellation)
    {
        FlowRecipe recipe = FlowRecipeReader.Read(path.FullName);
        string directory = output?.FullName ?? Path.Combine("runs", recipe.Name);
        Directory.CreateDirectory(directory);
        TextWriter writer = AnsiConsole.Profile.Out.Writer;
        using var trainer = new FlowTrainer(
            recipe, File.ReadAllText(path.FullName), directory, resume, device, TimeProvider.System, writer.WriteLine);
        writer.WriteLine($"{recipe.Name}: {recipe.Steps} steps of {recipe.Training.BatchSize} pairs, seed {recipe.Seed}"
            + (trainer.Progress.Step > 0 ? $"; going on at step {trainer.Progress.Step + 1}" : "") + ".");
        trainer.Run(cancellation);
        writer.WriteLine(cancellation.IsCancellationRequested ? $"Stopped. Go on with: train-flow {path.Name} --resume" : $"Done: {trainer.CheckpointDirectory}");
    }
}
