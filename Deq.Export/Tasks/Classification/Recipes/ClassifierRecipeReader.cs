using System.Text.Json;
using Deq.Export.Graphs;
using Deq.Export.Recipes;
using Deq.Export.Tasks.Classification.Datasets;
using Deq.Export.Training;
using Deq.Runtime.Models;

namespace Deq.Export.Tasks.Classification.Recipes;

/// <summary>Turns a recipe's JSON into records, key by key, with the range of each. docs/recipes.md lists the same.</summary>
internal static class ClassifierRecipeReader
{
    /// <summary>Reads a recipe.</summary>
    /// <exception cref="RecipeException">No such file, no JSON, or values that are missing, unknown, out of range or contradictory.</exception>
    public static ClassifierRecipe Read(string path) => RecipeFile.Read(path, Read, ClassifierContradictions.Find);

    private static ClassifierRecipe Read(RecipeSection file)
    {
        SharedSections.Task(file, ClassifierTask.TaskName);
        ClassifierRecipe recipe = new()
        {
            Name = SharedSections.Name(file),
            Version = SharedSections.Version(file),
            Description = file.Text("description", ""),
            Seed = file.Whole("seed", 0, 0, int.MaxValue),
            Labels = Labels(file),
            Input = Input(file.RequiredSection("input")),
            Dataset = Dataset(file.OptionalSection("dataset")),
            Augmentation = Augmentation(file.OptionalSection("augmentation")),
            Adversarial = file.Has("adversarial") ? Adversarial(file.RequiredSection("adversarial")) : null,
            Architecture = Architecture(file.RequiredSection("architecture")),
            Solver = SharedSections.Solver(file.OptionalSection("solver")),
            Gradient = SharedSections.Gradient(file.OptionalSection("gradient")),
            JacobianRegularization = file.Has("jacobianRegularization") ? SharedSections.Jacobian(file.RequiredSection("jacobianRegularization")) : null,
            Correction = file.Has("correction") ? SharedSections.Correction(file.RequiredSection("correction")) : null,
            Optimizer = SharedSections.Optimizer(file.RequiredSection("optimizer")),
            Schedule = SharedSections.Schedule(file.OptionalSection("schedule")),
            Training = SharedSections.Loop(file.RequiredSection("training")),
            Serving = SharedSections.Serving(file.RequiredSection("serving")),
        };
        file.RejectTheRest();
        return recipe;
    }

    private static string[]? Labels(RecipeSection file)
    {
        IReadOnlyList<JsonElement>? labels = file.List<JsonElement>("labels", false, 2, 10_000, (place, item) =>
        {
            if (item.ValueKind == JsonValueKind.String && !string.IsNullOrWhiteSpace(item.GetString()))
            {
                return item;
            }

            file.Reject(place, "a text that is not blank", item);
            return null;
        });
        return labels is null ? null : [.. labels.Select(label => label.GetString()!)];
    }

    private static ImageInput Input(RecipeSection section) => SharedSections.Finish(section, new ImageInput
    {
        Channels = section.Whole("channels", null, 1, 3),
        Height = section.Whole("height", null, 4, 1024),
        Width = section.Whole("width", null, 4, 1024),
        Mean = section.Numbers("mean", true, 1, 3, NumberRange.Closed(0, 1)) ?? [],
        Deviation = section.Numbers("deviation", true, 1, 3, NumberRange.Closed(1e-3, 1)) ?? [],
        Resize = section.Choice("resize", "fit", ["fit", "crop", "stretch"]),
        Background = section.Whole("background", 0, 0, 255),
    });

    private static DatasetRecipe Dataset(RecipeSection section) => SharedSections.Finish(section, new DatasetRecipe
    {
        Format = section.Choice("format", "auto", ["auto", .. DatasetFormats.Names]),
        ValidationShare = section.Number("validationShare", 0.1, NumberRange.Closed(0.001, 0.5)),
        SplitSeed = section.Has("splitSeed") ? section.Whole("splitSeed", null, 0, int.MaxValue) : null,
    });

    private static AugmentationRecipe Augmentation(RecipeSection section) => SharedSections.Finish(section, new AugmentationRecipe
    {
        HorizontalFlip = section.Flag("horizontalFlip", false),
        ShiftPixels = section.Whole("shiftPixels", 0, 0, 512),
        EraseProbability = section.Number("eraseProbability", 0, NumberRange.Closed(0, 1)),
        EraseArea = section.Number("eraseArea", 0.1, NumberRange.Above(0, 0.5)),
    });

    private static AdversarialRecipe Adversarial(RecipeSection section) => SharedSections.Finish(section, new AdversarialRecipe
    {
        Bound = section.Number("bound", null, NumberRange.Above(0, 1000)),
        Evaluations = section.Whole("evaluations", 20, 8, 1000),
        Share = section.Number("share", 0.5, NumberRange.Above(0, 1)),
        WarmUpEpochs = section.Whole("warmUpEpochs", 1, 0, 100_000),
    });

    private static ArchitectureRecipe Architecture(RecipeSection section) => SharedSections.Finish(section, new ArchitectureRecipe
    {
        Kind = section.Choice("kind", "multiscale-classifier", ArchitectureCatalogue.Kinds),
        Channels = section.Wholes("channels", true, 1, 6, 4096) ?? [],
        Expansion = section.Whole("expansion", 2, 1, 8),
        Groups = section.Whole("groups", 8, 1, 256),
        StemChannels = section.Whole("stemChannels", null, 1, 4096),
        StemStride = section.Whole("stemStride", 2, 1, 4),
        StemBlocks = section.Whole("stemBlocks", 0, 0, 16),
        HeadChannels = section.Wholes("headChannels", false, 1, 6, 4096),
        Reparametrization = section.Choice("reparametrization", "weight-norm", Layers.Reparametrizations),
    });
}
