using Deq.Export.Recipes;
using Deq.Export.Tasks.Flow.Scenes;
using Deq.Export.Training;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;

namespace Deq.Export.Tasks.Flow.Training;

/// <summary>Turns a flow recipe's JSON into records, key by key, with the range of each; every fault in one message.</summary>
internal static class FlowRecipeReader
{
    /// <summary>Reads a recipe.</summary>
    /// <exception cref="RecipeException">No such file, no JSON, or values that are missing, unknown, out of range or contradictory.</exception>
    public static FlowRecipe Read(string path) => RecipeFile.Read(path, Read, FindContradictions);

    private static FlowRecipe Read(RecipeSection file)
    {
        SharedSections.Task(file, FlowTask.TaskName);
        FlowRecipe start = Start(file);
        List<FlowPhase> phases = [];
        FlowPhase before = start.At(0);
        foreach (RecipeSection section in file.Sections("phases", high: 16))
        {
            before = Phase(section, before);
            phases.Add(before);
        }

        return SharedSections.Finish(file, start with { Phases = phases });
    }

    private static FlowPhase Phase(RecipeSection section, FlowPhase before) => SharedSections.Finish(section, new FlowPhase
    {
        From = section.Number("from", null, NumberRange.Below(0, 1)),
        Motion = Motion(section.OptionalSection("motion"), before.Motion),
        Solve = Solve(section.OptionalSection("solve"), before.Solve),
        BatchSize = section.Whole("batchSize", before.BatchSize, 1, 1024),
    });

    private static FlowRecipe Start(RecipeSection file) => new()
    {
        Name = SharedSections.Name(file),
        Version = SharedSections.FreeVersion(file),
        Description = file.Text("description", FlowRecipe.DefaultDescription),
        Seed = file.Whole("seed", 0, 0, int.MaxValue),
        Architecture = Architecture(file.OptionalSection("architecture")),
        Motion = Motion(file.OptionalSection("motion"), new MotionOptions()),
        Photographs = file.Text("photographs", "") is { Length: > 0 } folder ? folder : null,
        Solve = Solve(file.OptionalSection("solve"), new FlowSolveRecipe()),
        Optimizer = SharedSections.Optimizer(file.RequiredSection("optimizer")),
        Schedule = SharedSections.ScheduleOfSteps(file.OptionalSection("schedule")),
        Training = Loop(file.RequiredSection("training")),
        Serving = Serving(file.OptionalSection("serving"), new FlowServingRecipe()),
    };

    private static FlowServingRecipe Serving(RecipeSection section, FlowServingRecipe none) => SharedSections.Finish(section, new FlowServingRecipe
    {
        Defaults = new SolveDefaults
        {
            Solver = section.Choice("solver", none.Defaults.Solver, FixedPointMethods.Names),
            Tolerance = section.Number("tolerance", none.Defaults.Tolerance, NumberRange.Open(0, 1)),
            MaxEvaluations = section.Whole("maxEvaluations", none.Defaults.MaxEvaluations, 1, 1000),
            EvaluationsLimit = section.Whole("evaluationsLimit", none.Defaults.EvaluationsLimit, 1, 1000),
            ToleranceLimit = section.Number("toleranceLimit", none.Defaults.ToleranceLimit, NumberRange.Open(0, 1)),
        },
        PixelsPerChange = section.Number("pixelsPerChange", none.PixelsPerChange, NumberRange.Closed(0, 1000)),
        LeastSide = section.Whole("leastSide", none.LeastSide, 1, 2048),
        MostPixels = section.Whole("mostPixels", none.MostPixels, 4096, 1 << 26),
    });

    private static FlowSizes Architecture(RecipeSection section) => SharedSections.Finish(section, new FlowSizes
    {
        Features = section.Whole("features", new FlowSizes().Features, 1, 1024),
        Trunk = section.Wholes("trunk", false, 2, 2, 1024) ?? new FlowSizes().Trunk,
        Window = section.Whole("window", new FlowSizes().Window, 1, 16),
    });

    private static MotionOptions Motion(RecipeSection section, MotionOptions before) => SharedSections.Finish(section, new MotionOptions
    {
        Height = section.Whole("height", before.Height, 16, 2048),
        Width = section.Whole("width", before.Width, 16, 2048),
        MaxMotion = (float)section.Number("maxMotion", before.MaxMotion, NumberRange.Closed(0, 500)),
        FirstMotion = (float)section.Number("firstMotion", before.FirstMotion, NumberRange.Closed(0, 500)),
        CurriculumShare = section.Number("curriculumShare", before.CurriculumShare, NumberRange.Above(0, 1)),
        MotionSpread = (float)section.Number("motionSpread", before.MotionSpread, NumberRange.Closed(1, 1000)),
        MaxLayers = section.Whole("maxLayers", before.MaxLayers, 0, 8),
        SmoothShare = section.Number("smoothShare", before.SmoothShare, NumberRange.Closed(0, 1)),
        PhotoShare = section.Number("photoShare", before.PhotoShare, NumberRange.Closed(0, 1)),
        PanShare = section.Number("panShare", before.PanShare, NumberRange.Closed(0, 1)),
        ThinShare = section.Number("thinShare", before.ThinShare, NumberRange.Closed(0, 1)),
        Light = (float)section.Number("light", before.Light, NumberRange.Closed(0, 10)),
        Noise = (float)section.Number("noise", before.Noise, NumberRange.Closed(0, 1)),
    });

    private static FlowSolveRecipe Solve(RecipeSection section, FlowSolveRecipe before) => SharedSections.Finish(section, new FlowSolveRecipe
    {
        FewestEvaluations = section.Whole("fewestEvaluations", before.FewestEvaluations, 1, 1000),
        MostEvaluations = section.Whole("mostEvaluations", before.MostEvaluations, 1, 1000),
        Corrections = section.Whole("corrections", before.Corrections, 1, 12),
        GradientSteps = section.Whole("gradientSteps", before.GradientSteps, 1, 6),
        CorrectionDecay = section.Number("correctionDecay", before.CorrectionDecay, NumberRange.Above(0, 1)),
        MostFlow = section.Number("mostFlow", before.MostFlow, NumberRange.Above(0, 1e6)),
        RandomShare = section.Number("randomShare", before.RandomShare, NumberRange.Closed(0, 1)),
    });

    private static FlowLoopRecipe Loop(RecipeSection section) => SharedSections.Finish(section, new FlowLoopRecipe
    {
        Steps = section.Whole("steps", null, 1, 10_000_000),
        BatchSize = section.Whole("batchSize", 6, 1, 1024),
        GradientClip = section.Number("gradientClip", 1, NumberRange.Above(0, 1e6)),
        AverageDecay = section.Number("averageDecay", 0.999, NumberRange.Below(0, 1)),
        ReportEvery = section.Whole("reportEvery", 500, 1, 10_000_000),
        ValidationPairs = section.Whole("validationPairs", 48, 1, 4096),
    });

    private static void FindContradictions(FlowRecipe recipe, RecipeFaults faults)
    {
        SharedSections.FindContradictions(recipe.Serving.Defaults, faults);
        (long least, int most) = (recipe.Serving.LeastSide, recipe.Serving.MostPixels);
        faults.AddUnless(least * least <= most, $"is {least}, of which a square has {least * least} pixels, above mostPixels, {most}.", "serving.leastSide", "serving.mostPixels");
        FindContradictions((recipe with { Phases = [] }).At(0), "", faults);
        for (int i = 0; i < recipe.Phases.Count; i++)
        {
            FindContradictions(recipe.Phases[i], $"phases[{i}].", faults);
            faults.AddUnless(i == 0 || recipe.Phases[i].From >= recipe.Phases[i - 1].From, "is before the phase above.", $"phases[{i}].from");
        }
    }

    private static void FindContradictions(FlowPhase phase, string place, RecipeFaults faults)
    {
        FlowSolveRecipe solve = phase.Solve;
        faults.AddUnless(
            solve.FewestEvaluations >= solve.Corrections * solve.GradientSteps,
            $"is {solve.FewestEvaluations}; {solve.Corrections} corrections of {solve.GradientSteps} evaluations with gradient need as many.",
            $"{place}solve.fewestEvaluations",
            $"{place}solve.corrections",
            $"{place}solve.gradientSteps");
        faults.AddUnless(
            solve.MostEvaluations >= solve.FewestEvaluations,
            $"is {solve.MostEvaluations}, less than the fewest, {solve.FewestEvaluations}.",
            $"{place}solve.mostEvaluations",
            $"{place}solve.fewestEvaluations");
        MotionOptions motion = phase.Motion;
        const int Multiple = FlowSizes.Multiple;
        faults.AddUnless(motion.Height % Multiple == 0, $"is no multiple of {Multiple}.", $"{place}motion.height");
        faults.AddUnless(motion.Width % Multiple == 0, $"is no multiple of {Multiple}.", $"{place}motion.width");
        faults.AddUnless(motion.FirstMotion <= motion.MaxMotion, "is more than maxMotion.", $"{place}motion.firstMotion", $"{place}motion.maxMotion");
    }
}
