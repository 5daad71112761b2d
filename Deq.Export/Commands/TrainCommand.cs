using System.CommandLine;
using Deq.Export.Plots;
using Deq.Export.Recipes;
using Deq.Export.Tasks.Classification;
using Deq.Export.Tasks.Classification.Datasets;
using Deq.Export.Training;
using Spectre.Console;
using static TorchSharp.torch;

namespace Deq.Export.Commands;

/// <summary><c>train &lt;recipe.json&gt; --data &lt;dir&gt; [--output dir] [--resume] [--device cpu|cuda]</c>.</summary>
internal static class TrainCommand
{
    public static Command Make()
    {
        var recipe = new Argument<FileInfo>("recipe") { Description = "The recipe, a JSON file; see docs/recipes.md." };
        Option<DirectoryInfo> data = SharedOptions.Dataset();
        var output = new Option<DirectoryInfo?>("--output")
        {
            Description = "Where checkpoint, log and curves go. Default: runs/<name> in the working directory.",
        };
        var resume = new Option<bool>("--resume") { Description = "Go on from the checkpoint there, if there is one." };
        Option<string> device = SharedOptions.Device();
        var command = new Command("train", "Trains a model by a recipe.") { recipe, data, output, resume, device };

        // On a thread of its own, so that the command line is free to hear the interrupt.
        command.SetAction((result, cancellation) => Task.Run(
            () => Run(
                result.GetRequiredValue(recipe),
                result.GetRequiredValue(data),
                result.GetValue(output),
                result.GetValue(resume),
                SharedOptions.Device(result.GetValue(device)),
                cancellation),
            CancellationToken.None));
        return command;
    }

    private static void Run(
        FileInfo recipePath, DirectoryInfo data, DirectoryInfo? output, bool resume, Device device, CancellationToken cancellation)
    {
        TrainingRecipe recipe = TrainingRecipe.Read(recipePath.FullName);
        string directory = output?.FullName ?? Path.Combine("runs", recipe.Name);
        Directory.CreateDirectory(directory);
        ImageDataset dataset = DatasetReader.Open(recipe, data.FullName, DatasetPart.Train);
        var images = new TrainingImages(recipe, dataset, device);
        IAnsiConsole console = AnsiConsole.Console;
        using var trainer = new Trainer(
            recipe,
            File.ReadAllText(recipePath.FullName),
            images,
            directory,
            resume,
            device,
            new ConsoleView(console, recipe.Training.Epochs, TimeProvider.System));
        console.Profile.Out.Writer.WriteLine(
            $"{recipe.Name}: {dataset.Count} images, {images.HeldOut.Count} held out, {recipe.Training.Epochs} epochs, seed {recipe.Seed}"
            + (trainer.Progress.Epoch + trainer.Progress.Step > 0 ? $"; going on at epoch {trainer.Progress.Epoch + 1}" : "") + ".");
        if (!PlotFont.IsAvailable)
        {
            console.Profile.Out.Writer.WriteLine("No font is installed here: curves.png will have no text. log.csv has the same numbers.");
        }

        trainer.Run(cancellation);
        console.Profile.Out.Writer.WriteLine(
            cancellation.IsCancellationRequested
                ? $"Stopped. Go on with: train {recipePath.Name} --data … --resume"
                : $"Done: best held-out accuracy {trainer.Progress.BestAccuracy:P2}. Export it with: export {trainer.BestDirectory}");
    }
}
