using System.CommandLine;
using Deq.Export.Bundling;
using Deq.Export.CommandLine;
using Deq.Export.Training;
using Spectre.Console;

namespace Deq.Export.Tasks.Classification.FirstRecipe;

/// <summary><c>init &lt;folder&gt; [--output recipe.json] [--size n] [--train [--replace]]</c>: from a folder of images to a recipe that works.</summary>
internal static class InitCommand
{
    private const string SchemaName = "recipe.schema.json";
    private const int MostNameLetters = 64;

    /// <summary>Makes the command.</summary>
    /// <param name="trainBy">Trains by a recipe and gives the exit code.</param>
    public static Command Make(Func<TrainRequest, CancellationToken, int> trainBy)
    {
        var folder = new Argument<DirectoryInfo>("folder") { Description = "Images, one sub-folder per class; or IDX or CIFAR-10 files." };
        var output = new Option<FileInfo?>("--output") { Description = "The recipe. Default: <folder's name>.json in the working directory." };
        var size = new Option<int?>("--size") { Description = $"Pixels per side to work at, a multiple of 4. Default: the images' own size, at most {ImageSurvey.UsualSide}." };
        size.Require(side => side is null || (side % 4 == 0 && side is >= 8 and <= 1024), "--size is a multiple of 4 from 8 to 1024.");
        var train = new Option<bool>("--train") { Description = "Also train by the recipe and export the model to models/<name>, measured." };
        Option<bool> replace = SharedOptions.Replace();
        Option<int> threads = SharedOptions.Threads();
        var command = new Command("init", "Looks at a folder of images and writes a recipe for it, with which train works.") { folder, output, size, train, replace, threads };

        // On another thread, so that the command line is free to hear the interrupt.
        command.SetAction((result, cancellation) => Task.Run(
            () =>
            {
                DirectoryInfo images = result.GetRequiredValue(folder);
                bool isReplaced = result.GetValue(replace);
                RequireNew(RecipeOf(images, result.GetValue(output)), images);
                if (result.GetValue(train))
                {
                    // Before the recipe is written: what is refused leaves nothing behind that refuses the next try.
                    BundleTarget.RequireFree(BundleTarget.Of(NameOf(images.Name)), isReplaced);
                    FileInfo written = Write(images, result.GetValue(output), result.GetValue(size));
                    return trainBy(
                        new TrainRequest { Recipe = written, Data = images, Threads = result.GetValue(threads), IsExported = true, IsReplaced = isReplaced }, cancellation);
                }

                FileInfo recipe = Write(images, result.GetValue(output), result.GetValue(size));
                string[] rest = isReplaced ? ["--export", "--replace"] : ["--export"];
                AnsiConsole.Profile.Out.Writer.WriteLine($"Train and export it with:\n  {Hint.Of(["train", Near(recipe), "--data", Near(images), .. rest])}");
                return 0;
            },
            CancellationToken.None));
        return command;
    }

    private static FileInfo RecipeOf(DirectoryInfo images, FileInfo? output) => output ?? new FileInfo(NameOf(images.Name) + ".json");

    /// <summary>Refuses to overwrite a recipe, which may have been edited.</summary>
    /// <exception cref="CommandException">There is such a file already.</exception>
    private static void RequireNew(FileInfo recipe, DirectoryInfo images)
    {
        if (recipe.Exists)
        {
            string[] rest = Directory.Exists(BundleTarget.Of(NameOf(images.Name))) ? ["--export", "--replace"] : ["--export"];
            throw new CommandException(
                $"{recipe.FullName} is there already. Train by it as it is with:\n  {Hint.Of(["train", Near(recipe), "--data", Near(images), .. rest])}\n"
                + "Or remove it, or name another file with --output.");
        }
    }

    /// <summary>Writes the recipe and its schema, and says what was found.</summary>
    private static FileInfo Write(DirectoryInfo images, FileInfo? output, int? size)
    {
        string name = NameOf(images.Name);
        FileInfo recipe = RecipeOf(images, output);
        ImageSurvey survey = ImageSurvey.Of(images.FullName, size);
        recipe.Directory?.Create();
        using (Stream schema = typeof(InitCommand).Assembly.GetManifestResourceStream(SchemaName)!)
        using (FileStream copy = File.Create(Path.Combine(recipe.DirectoryName!, SchemaName)))
        {
            schema.CopyTo(copy);
        }

        File.WriteAllText(recipe.FullName, FirstRecipeText.Of(name, survey, "./" + SchemaName));
        TextWriter writer = AnsiConsole.Profile.Out.Writer;
        writer.WriteLine($"{survey.Images} images in {survey.Classes.Count} classes: {string.Join(", ", survey.Classes.Select(each => $"{each.Name} {each.Images}"))}.");
        writer.WriteLine(
            $"Wrote {Near(recipe)}: {survey.Input.Width} × {survey.Input.Height} pixels, {(survey.Input.Channels == 1 ? "grey" : "colour")}, "
            + $"{FirstRecipeText.EpochsFor(survey.Images)} epochs; editors complete its keys by {SchemaName}.");
        return recipe;
    }

    /// <summary>A model's name made of a folder's: lower-case letters, digits and hyphens.</summary>
    private static string NameOf(string folder)
    {
        string name = string.Concat(folder.ToLowerInvariant().Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '-')).Trim('-');
        return name.Length == 0 ? "my-model" : name[..Math.Min(name.Length, MostNameLetters)];
    }

    private static string Near(FileSystemInfo file)
    {
        string relative = Path.GetRelativePath(Directory.GetCurrentDirectory(), file.FullName);
        return relative.Length < file.FullName.Length ? relative : file.FullName;
    }
}
