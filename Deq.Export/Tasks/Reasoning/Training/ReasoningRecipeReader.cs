using Deq.Export.Recipes;
using Deq.Export.Tasks.Reasoning.Architectures;
using Deq.Export.Tasks.Reasoning.Puzzles;
using Deq.Export.Training;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Reasoning;

namespace Deq.Export.Tasks.Reasoning.Training;

/// <summary>Turns the JSON of a reasoner's recipe into records, key by key, with the range of each; every fault in one message.</summary>
internal static class ReasoningRecipeReader
{
    private const int MostEvaluations = 100_000;
    private const int MostSteps = 10_000_000;
    private const int LargestSize = 1 << 20;

    /// <summary>Reads a recipe, be it of a model that was trained when recipes were held to fewer rules.</summary>
    /// <exception cref="RecipeException">No such file, no JSON, or values that are missing, unknown, out of range or contradictory.</exception>
    public static ReasoningRecipe Read(string path) => RecipeFile.Read(path, Read, FindContradictions);

    /// <summary>Reads the recipe of a training that begins.</summary>
    /// <exception cref="RecipeException">As of <see cref="Read(string)"/>; or puzzles have not these sizes, the cell does not take them, or validation would solve what training draws.</exception>
    public static ReasoningRecipe ReadNew(string path) => RecipeFile.Read(path, Read, (recipe, faults) =>
    {
        FindContradictions(recipe, faults);
        FindUntrainable(recipe, faults);
    });

    /// <summary>Reads the recipe of a control, which is trained and compared and never served.</summary>
    /// <exception cref="RecipeException">As of <see cref="Read(string)"/>, but for what is served.</exception>
    public static ReasoningRecipe ReadControl(string path) => RecipeFile.Read(path, Read, FindTrainingContradictions);

    private static ReasoningRecipe Read(RecipeSection file)
    {
        SharedSections.Task(file, ReasoningTask.TaskName);
        return SharedSections.Finish(file, new ReasoningRecipe
        {
            Name = SharedSections.Name(file),
            Version = SharedSections.FreeVersion(file),
            Description = file.Text("description", ""),
            Seed = file.Whole("seed", 0, 0, int.MaxValue),
            Puzzles = [.. file.Sections("puzzles", high: 16).Select(Puzzles)],
            Architecture = Architecture(file.RequiredSection("architecture")),
            Solve = Solve(file.OptionalSection("solve")),
            Optimizer = SharedSections.Optimizer(file.RequiredSection("optimizer")),
            Schedule = SharedSections.ScheduleOfSteps(file.OptionalSection("schedule")),
            Training = Loop(file.RequiredSection("training")),
            Validation = [.. file.Sections("validation", high: 16).Select(Test)],
            Serving = Serving(file.RequiredSection("serving")),
        });
    }

    private static PuzzleRecipe Puzzles(RecipeSection section) => SharedSections.Finish(section, PuzzlesIn(section));

    private static PuzzleRecipe PuzzlesIn(RecipeSection section) => new()
    {
        Kind = section.Choice("kind", null, PuzzleCatalogue.Kinds),
        Least = section.Whole("least", null, 1, LargestSize),
        Most = section.Whole("most", null, 1, LargestSize),
        BorderlessShare = section.Number("borderlessShare", 0, NumberRange.Closed(0, 1)),
        DrawnEndsShare = section.Number("drawnEndsShare", 0, NumberRange.Closed(0, 1)),
        Pool = section.Whole("pool", 4096, 1, 1 << 24),
        PoolSeed = section.Whole("poolSeed", 1, 0, int.MaxValue),
        LeastGuesses = section.Number("leastGuesses", 0, NumberRange.Closed(0, 20)),
    };

    private static ReasoningTestRecipe Test(RecipeSection section) => SharedSections.Finish(section, new ReasoningTestRecipe
    {
        Puzzles = PuzzlesIn(section),
        Count = section.Whole("count", 64, 2, 1 << 16),
        Evaluations = section.Whole("evaluations", null, 1, MostEvaluations),
    });

    private static ReasonerRecipe Architecture(RecipeSection section) => SharedSections.Finish(section, new ReasonerRecipe
    {
        Kind = section.Choice("kind", null, ReasonerCatalogue.Kinds),
        Channels = section.Whole("channels", null, 2, 512),
        Hidden = section.Whole("hidden", null, 2, 1024),
        Hops = section.Whole("hops", 1, 1, 16),
    });

    private static ReasoningSolveRecipe Solve(RecipeSection section)
    {
        var start = new ReasoningSolveRecipe();
        return SharedSections.Finish(section, new ReasoningSolveRecipe
        {
            ZeroShare = section.Number("zeroShare", start.ZeroShare, NumberRange.Closed(0, 1)),
            OthersShare = section.Number("othersShare", start.OthersShare, NumberRange.Closed(0, 1)),
            Noise = section.Number("noise", start.Noise, NumberRange.Above(0, 100)),
            StateNoise = section.Number("stateNoise", start.StateNoise, NumberRange.Closed(0, 1)),
            FewestFree = section.Whole("fewestFree", start.FewestFree, 0, MostEvaluations),
            MostFreeAtFirst = section.Whole("mostFreeAtFirst", start.MostFreeAtFirst, 0, MostEvaluations),
            MostFree = section.Whole("mostFree", start.MostFree, 0, MostEvaluations),
            FewestSteps = section.Whole("fewestSteps", start.FewestSteps, 1, 256),
            MostSteps = section.Whole("mostSteps", start.MostSteps, 1, 256),
            ChangePenalty = section.Number("changePenalty", start.ChangePenalty, NumberRange.Closed(0, 100)),
        });
    }

    private static ReasoningLoopRecipe Loop(RecipeSection section) => SharedSections.Finish(section, new ReasoningLoopRecipe
    {
        Steps = section.Whole("steps", null, 1, MostSteps),
        BatchSize = section.Whole("batchSize", 64, 1, 1 << 16),
        GradientClip = section.Number("gradientClip", 1, NumberRange.Above(0, 1e6)),
        AverageDecay = section.Number("averageDecay", 0.999, NumberRange.Below(0, 1)),
        ReportEvery = section.Whole("reportEvery", 500, 1, MostSteps),
        SettledFrom = section.Whole("settledFrom", 0, 0, MostSteps),
    });

    private static ReasoningServingRecipe Serving(RecipeSection section)
    {
        SolveDefaults defaults = Defaults(section);
        return SharedSections.Finish(section, new ReasoningServingRecipe
        {
            Defaults = defaults,
            Efforts = [.. section.Sections("efforts", high: EffortLevel.Names.Count).Select(level => Effort(level, defaults))],
            MostPlaces = section.Whole("mostPlaces", 1 << 16, 1, 1 << 24),
            TypicalHeight = section.Whole("typicalHeight", 1, 1, 8192),
            TypicalWidth = section.Whole("typicalWidth", 64, 1, 1 << 20),
        });
    }

    private static EffortLevel Effort(RecipeSection section, SolveDefaults defaults) => SharedSections.Finish(section, new EffortLevel
    {
        Name = section.Choice("name", null, EffortLevel.Names),
        Evaluations = section.Whole("evaluations", null, 1, MostEvaluations),
        EvaluationsPerPlace = section.Number("evaluationsPerPlace", 0, NumberRange.Closed(0, 1000)),
        Starts = section.Whole("starts", 1, 1, 64),
        Tolerance = section.Number("tolerance", defaults.Tolerance, NumberRange.Open(0, 1)),
    });

    private static SolveDefaults Defaults(RecipeSection section) => new()
    {
        Solver = section.Choice("solver", "picard", FixedPointMethods.Names),
        Tolerance = section.Number("tolerance", 1e-3, NumberRange.Open(0, 1)),
        MaxEvaluations = section.Whole("maxEvaluations", null, 1, MostEvaluations),
        EvaluationsLimit = section.Whole("evaluationsLimit", null, 1, MostEvaluations),
        ToleranceLimit = section.Number("toleranceLimit", 1e-6, NumberRange.Open(0, 1)),
    };

    private static void FindContradictions(ReasoningServingRecipe serving, RecipeFaults faults)
    {
        faults.AddUnless(
            serving.Efforts.Select(level => level.Name).SequenceEqual(EffortLevel.Names),
            $"has the levels {string.Join(", ", serving.Efforts.Select(level => level.Name))}; it has {string.Join(", ", EffortLevel.Names)}, in this order.", "serving.efforts");
        for (int i = 0; i < serving.Efforts.Count; i++)
        {
            EffortLevel level = serving.Efforts[i];
            faults.AddUnless(
                level.Evaluations <= serving.Defaults.EvaluationsLimit, $"is {level.Evaluations}, above evaluationsLimit, {serving.Defaults.EvaluationsLimit}.",
                $"serving.efforts[{i}].evaluations", "serving.evaluationsLimit");
            faults.AddUnless(
                level.Tolerance >= serving.Defaults.ToleranceLimit, $"is {level.Tolerance}, below toleranceLimit, {serving.Defaults.ToleranceLimit}.",
                $"serving.efforts[{i}].tolerance", "serving.toleranceLimit");
        }
    }

    private static void FindPuzzleContradictions(ReasoningRecipe recipe, RecipeFaults faults)
    {
        foreach ((string place, PuzzleRecipe puzzles) in AllOf(recipe))
        {
            faults.AddUnless(recipe.Puzzles.Count == 0 || puzzles.Kind == recipe.Puzzles[0].Kind, "is another kind than the first puzzles.", $"{place}.kind");
            faults.AddUnless(puzzles.Most >= puzzles.Least, $"is {puzzles.Most}, below least, {puzzles.Least}.", $"{place}.most", $"{place}.least");
        }
    }

    private static IEnumerable<(string Place, PuzzleRecipe Puzzles)> AllOf(ReasoningRecipe recipe) => recipe.Puzzles.Select((puzzles, i) => ($"puzzles[{i}]", puzzles))
        .Concat(recipe.Validation.Select((test, i) => ($"validation[{i}]", test.Puzzles)));

    private static void FindUntrainable(ReasoningRecipe recipe, RecipeFaults faults)
    {
        foreach ((string place, PuzzleRecipe puzzles) in AllOf(recipe))
        {
            foreach ((string key, int size) in (ReadOnlySpan<(string, int)>)[("least", puzzles.Least), ("most", puzzles.Most)])
            {
                string? fault = PuzzleCatalogue.SizeFault(puzzles.Kind, size);
                faults.AddUnless(fault is null, fault ?? "", $"{place}.{key}", $"{place}.kind");
            }
        }

        if (recipe.Puzzles.Count > 0)
        {
            string? refusal = ReasonerCatalogue.Refusal(recipe.Architecture.Kind, recipe.Puzzles[0].Kind);
            faults.AddUnless(refusal is null, refusal ?? "", "architecture.kind", "puzzles[0].kind");
        }

        PuzzleRecipe[] trained = [.. recipe.Puzzles];
        for (int i = 0; i < recipe.Validation.Count; i++)
        {
            PuzzleRecipe test = recipe.Validation[i].Puzzles;
            int same = test.Kind == "sudoku" ? Array.FindIndex(trained, puzzles => puzzles.Kind == test.Kind && puzzles.PoolSeed == test.PoolSeed) : -1;
            faults.AddUnless(
                same < 0, $"is {test.PoolSeed}, as in puzzles[{same}]: validation would solve what training draws. Give it another seed.",
                $"validation[{i}].poolSeed", $"puzzles[{same}].poolSeed", $"validation[{i}].kind");
        }
    }

    private static void FindContradictions(ReasoningRecipe recipe, RecipeFaults faults)
    {
        FindTrainingContradictions(recipe, faults);
        SharedSections.FindContradictions(recipe.Serving.Defaults, faults);
        FindContradictions(recipe.Serving, faults);
    }

    private static void FindTrainingContradictions(ReasoningRecipe recipe, RecipeFaults faults)
    {
        faults.AddUnless(recipe.Puzzles.Count > 0, "has no entry; training needs puzzles.", "puzzles");
        faults.AddUnless(recipe.Validation.Count > 0, "has no entry; a run is judged by what it solves.", "validation");
        FindPuzzleContradictions(recipe, faults);
        ReasoningSolveRecipe solve = recipe.Solve;
        faults.AddUnless(
            solve.ZeroShare + solve.OthersShare <= 1, $"and zeroShare are {solve.OthersShare} and {solve.ZeroShare}, above 1 together.", "solve.othersShare", "solve.zeroShare");
        faults.AddUnless(solve.MostSteps >= solve.FewestSteps, $"is {solve.MostSteps}, below fewestSteps, {solve.FewestSteps}.", "solve.mostSteps", "solve.fewestSteps");
        faults.AddUnless(
            Math.Min(solve.MostFree, solve.MostFreeAtFirst) >= solve.FewestFree,
            $"and mostFree are {solve.MostFreeAtFirst} and {solve.MostFree}; neither is below fewestFree, {solve.FewestFree}.",
            "solve.mostFreeAtFirst",
            "solve.mostFree",
            "solve.fewestFree");
    }
}
