using Deq.Export.Gradients;
using Deq.Export.Recipes;
using Deq.Export.Training;

namespace Deq.Export.Tasks.Restoration.Training;

/// <summary>Turns the JSON of a restorer's recipe into records, key by key, with the range of each; every fault in one message.</summary>
internal static class RestorationRecipeReader
{
    private const int MostSteps = 10_000_000;
    private const int LeastLossyPatch = (2 * RestorationTask.Margin) + (4 * LossyPatches.Multiple);

    /// <summary>Reads a recipe.</summary>
    /// <exception cref="RecipeException">No such file, no JSON, or values that are missing, unknown, out of range or contradictory.</exception>
    public static RestorationRecipe Read(string path) => RecipeFile.Read(path, Read, FindContradictions);

    private static RestorationRecipe Read(RecipeSection file)
    {
        SharedSections.Task(file, RestorationTask.TaskName);
        return SharedSections.Finish(file, new RestorationRecipe
        {
            Name = SharedSections.Name(file),
            Version = SharedSections.Version(file),
            Description = file.Text("description", ""),
            Seed = file.Whole("seed", 0, 0, int.MaxValue),
            Architecture = Architecture(file.RequiredSection("ridge")),
            Noise = Noise(file.OptionalSection("noise")),
            Solver = SharedSections.SolverOfStarts(file.OptionalSection("solver")),
            Gradient = SharedSections.Gradient(file.OptionalSection("gradient")),
            Optimizer = SharedSections.Optimizer(file.RequiredSection("optimizer")),
            Schedule = SharedSections.ScheduleOfSteps(file.OptionalSection("schedule")),
            Training = Loop(file.RequiredSection("training")),
            Serving = SharedSections.Serving(file.RequiredSection("serving")),
        });
    }

    private static RidgeRecipe Architecture(RecipeSection section) => SharedSections.Finish(section, new RidgeRecipe
    {
        Filters = section.Whole("filters", null, 8, 1024),
        Extent = section.Whole("extent", 10, 6, 30),
        GuideWidth = section.Whole("guideWidth", 32, 4, 256),
        GuideLayers = section.Whole("guideLayers", 4, 1, 16),
        SeesOperator = section.Flag("seesOperator", false),
    });

    private static NoiseRecipe Noise(RecipeSection section)
    {
        var usual = new NoiseRecipe();
        return SharedSections.Finish(section, new NoiseRecipe
        {
            Least = section.Number("least", usual.Least, NumberRange.Open(0, 255)),
            Most = section.Number("most", usual.Most, NumberRange.Open(0, 255)),
        });
    }

    private static PatchLoopRecipe Loop(RecipeSection section) => SharedSections.Finish(section, new PatchLoopRecipe
    {
        Steps = section.Whole("steps", null, 1, MostSteps),
        BatchSize = section.Whole("batchSize", 16, 1, 1024),
        Patch = section.Whole("patch", 48, 16, 512),
        Shrink = section.Whole("shrink", 2, 1, 8),
        HeldOutEvery = section.Whole("heldOutEvery", 8, 2, 1000),
        LossyShare = section.Number("lossyShare", 0, NumberRange.Closed(0, 1)),
        UnguidedShare = section.Number("unguidedShare", 0.25, NumberRange.Closed(0, 1)),
        GradientClip = section.Number("gradientClip", 1, NumberRange.Above(0, 1e6)),
        AverageDecay = section.Number("averageDecay", 0.99, NumberRange.Below(0, 1)),
        ReportEvery = section.Whole("reportEvery", 100, 1, MostSteps),
    });

    private static void FindContradictions(RestorationRecipe recipe, RecipeFaults faults)
    {
        SharedSections.FindContradictions(recipe.Serving, faults);
        faults.AddUnless(recipe.Gradient.Kind != GradientCatalogue.Shine, "is shine, which needs the inverse that a forward solve builds; restorers are solved without one.", "gradient.kind");
        faults.AddUnless(recipe.Architecture.Extent % 4 == 2, $"is {recipe.Architecture.Extent}; it is twice an odd number: 6, 10, 14, …", "ridge.extent");
        faults.AddUnless(recipe.Noise.Most >= recipe.Noise.Least, $"is {recipe.Noise.Most}, below least, {recipe.Noise.Least}.", "noise.most", "noise.least");
        faults.AddUnless(recipe.Training.Patch % RidgeRegularizer.Factor == 0, $"is {recipe.Training.Patch}; it is even.", "training.patch");
        faults.AddUnless(
            recipe.Training.LossyShare == 0 || ((recipe.Training.Patch - (2 * RestorationTask.Margin)) % LossyPatches.Multiple == 0 && recipe.Training.Patch >= LeastLossyPatch),
            $"is {recipe.Training.Patch}; with lossy patches it is {2 * RestorationTask.Margin} more than a multiple of {LossyPatches.Multiple}, at least {LeastLossyPatch}: 40, 46, 52, …",
            "training.patch",
            "training.lossyShare");
    }
}
