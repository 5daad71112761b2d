using Deq.Export.Recipes;
using Deq.Export.Training;

namespace Deq.Export.Tasks.Classification.Recipes;

/// <summary>What each value of a recipe allows alone and not together.</summary>
internal static class ClassifierContradictions
{
    /// <summary>Notes every contradiction between values that are right by themselves.</summary>
    public static void Find(ClassifierRecipe recipe, RecipeFaults faults)
    {
        FindInLabels(recipe, faults);
        FindInInput(recipe, faults);
        FindInArchitecture(recipe, faults);
        FindInGradient(recipe, faults);
        FindInTraining(recipe, faults);
        SharedSections.FindContradictions(recipe.Serving, faults);
    }

    private static void FindInLabels(ClassifierRecipe recipe, RecipeFaults faults)
    {
        if (recipe.Labels is { } labels && labels.GroupBy(label => label).FirstOrDefault(group => group.Skip(1).Any()) is { } repeated)
        {
            faults.Add("labels", $"names \"{repeated.Key}\" more than once.");
        }
    }

    private static void FindInInput(ClassifierRecipe recipe, RecipeFaults faults)
    {
        int channels = recipe.Input.Channels;
        int side = Math.Min(recipe.Input.Height, recipe.Input.Width);
        faults.AddUnless(channels is 1 or 3, "must be 1 (luminance) or 3 (red, green, blue), not 2.", "input.channels");
        faults.AddUnless(recipe.Input.Mean.Count == channels, $"has {recipe.Input.Mean.Count} numbers for {channels} channels.",
            "input.mean", "input.channels");
        faults.AddUnless(recipe.Input.Deviation.Count == channels, $"has {recipe.Input.Deviation.Count} numbers for {channels} channels.",
            "input.deviation", "input.channels");
        faults.AddUnless(2 * recipe.Augmentation.ShiftPixels < side, $"shifts by {recipe.Augmentation.ShiftPixels}, half of {side} pixels or more.",
            "augmentation.shiftPixels", "input.height", "input.width");
    }

    private static void FindInArchitecture(ClassifierRecipe recipe, RecipeFaults faults)
    {
        ArchitectureRecipe architecture = recipe.Architecture;
        int groups = architecture.Groups;
        faults.AddUnless(architecture.StemStride != 3, "must be 1, 2 or 4, not 3.", "architecture.stemStride");
        faults.AddUnless(architecture.StemChannels % groups == 0, $"{architecture.StemChannels} channels do not divide into {groups} groups.",
            "architecture.stemChannels", "architecture.groups");

        // How many branches there are and how wide each is are two questions: a fault of one hides none of the other.
        int branches = architecture.Channels.Count;
        int shrink = architecture.StemStride << Math.Max(0, branches - 1);
        IReadOnlyList<int> head = architecture.HeadChannels ?? [];
        faults.AddEach(
        [
            (architecture.HeadChannels is null || head.Count == branches, $"has {head.Count} numbers for {branches} branches.",
                "architecture.headChannels", ["architecture.channels"]),
            (recipe.Input.Height % shrink == 0 && recipe.Input.Width % shrink == 0,
                $"the last of {branches} branches is {shrink} times smaller than the image, and {recipe.Input.Height} × {recipe.Input.Width} does not divide by that.",
                "architecture.channels", ["architecture.stemStride", "input.height", "input.width"]),
            .. Divided("architecture.channels", architecture.Channels, groups),
            .. Divided("architecture.headChannels", head, groups),
        ]);
    }

    private static IEnumerable<(bool Holds, string Text, string Place, string[] Others)> Divided(string place, IReadOnlyList<int> channels, int groups) =>
        channels.Select((width, branch) =>
            (width % groups == 0, $"{width} channels do not divide into {groups} groups.", $"{place}[{branch}]", (string[])["architecture.groups"]));

    private static void FindInGradient(ClassifierRecipe recipe, RecipeFaults faults)
    {
        faults.AddUnless(recipe.Solver.MinEvaluations is not { } least || least <= recipe.Solver.MaxEvaluations,
            $"is {recipe.Solver.MinEvaluations}, above maxEvaluations, {recipe.Solver.MaxEvaluations}.",
            "solver.minEvaluations", "solver.maxEvaluations");
        faults.AddUnless(!recipe.Gradient.SharesInverse || recipe.Solver.Method == "broyden",
            $"\"{recipe.Gradient.Kind}\" shares the inverse that the solver \"broyden\" estimates, and the solver is \"{recipe.Solver.Method}\".",
            "gradient.kind", "solver.method");
        faults.AddUnless(recipe.Gradient.Inverse == "broyden" || recipe.Gradient.SharesInverse,
            $"is \"{recipe.Gradient.Inverse}\", and \"{recipe.Gradient.Kind}\" shares no inverse.", "gradient.inverse", "gradient.kind");
        faults.AddUnless(recipe.Gradient.OpaEvery == 0 || recipe.Gradient.Inverse == "adjoint-broyden",
            $"is {recipe.Gradient.OpaEvery}: only the inverse \"adjoint-broyden\" takes updates in the direction of the outer problem.",
            "gradient.opaEvery", "gradient.inverse");
        faults.AddUnless(recipe.Gradient.Kind != "unrolled" || recipe.Solver.MinEvaluations is null,
            "is \"unrolled\", which repeats the solve with its full budget: leave solver.minEvaluations out.",
            "gradient.kind", "solver.minEvaluations");
    }

    private static void FindInTraining(ClassifierRecipe recipe, RecipeFaults faults)
    {
        faults.AddUnless(recipe.Adversarial is null || recipe.Adversarial.WarmUpEpochs < recipe.Training.Epochs,
            $"is {recipe.Adversarial?.WarmUpEpochs} of {recipe.Training.Epochs} epochs: no image would be changed.", "adversarial.warmUpEpochs", "training.epochs");
        faults.AddUnless(recipe.Training.PretrainEpochs <= recipe.Training.Epochs,
            $"is {recipe.Training.PretrainEpochs} of {recipe.Training.Epochs} epochs.", "training.pretrainEpochs", "training.epochs");
    }
}
