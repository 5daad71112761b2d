using System.Text;
using Deq.Export.Bundling;
using Deq.Export.Recipes;
using Deq.Export.Specs.Fixtures;
using Deq.Export.Specs.Training;
using Deq.Export.Tasks;
using Deq.Export.Tasks.Reasoning.Architectures;
using Deq.Export.Tasks.Reasoning.Puzzles;
using Deq.Export.Tasks.Reasoning.Training;
using Deq.Export.Training;
using Deq.Runtime.Models;
using static TorchSharp.torch;

namespace Deq.Export.Specs.Tasks.Reasoning;

public sealed class ReasoningRunSpecs
{
    [Fact]
    public void Learns_short_prefix_sums()
    {
        using var folder = new TemporaryFolder();
        using Trainer trainer = Trainer(Recipe(steps: 160), folder.Path);

        trainer.Run(CancellationToken.None);

        Assert.True(Exact(trainer) > 0.5, trainer.Progress.Log[^1]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.5)]
    public void Resumes_after_an_interruption_as_if_there_had_been_none(double othersShare)
    {
        using var whole = new TemporaryFolder();
        using var halves = new TemporaryFolder();
        ReasoningRecipe recipe = Recipe(steps: 6) with { Puzzles = [new PuzzleRecipe { Kind = "prefix-sum", Least = 5, Most = 5 }] };
        recipe = recipe with { Solve = recipe.Solve with { OthersShare = othersShare } };
        using Trainer uninterrupted = Trainer(recipe, whole.Path);
        uninterrupted.Run(CancellationToken.None);
        using var stop = new CancellationTokenSource();
        using Trainer first = Trainer(recipe with { Training = recipe.Training with { ReportEvery = 3 } }, halves.Path, stop: stop);
        first.Run(stop.Token);

        using Trainer second = Trainer(recipe, halves.Path, resume: true);
        second.Run(CancellationToken.None);

        Assert.Equal(3, first.Progress.Step);
        Assert.Equal(uninterrupted.Progress.Log[^1].Split(',')[5..], second.Progress.Log[^1].Split(',')[5..]);
    }

    [Theory]
    [InlineData(0.5, 0.7, 0.9, 0.601)]
    [InlineData(1, 1, 1, 1.001)]
    public void Is_as_good_as_its_exact_answers_from_zero_and_from_noise_and_then_as_aligned(double zero, double noise, double alignment, double score)
    {
        using var run = new ReasoningRun(Recipe(steps: 1), CPU);

        Assert.Equal(score, run.Score(Validated(zero, noise, alignment, residual: 1e-3))!.Value, 2e-4);
        Assert.True(run.Score(Validated(zero, noise, alignment, residual: 1e-3)) > run.Score(Validated(zero, noise, alignment - 0.1, residual: 1e-3)));
        Assert.Null(run.Score(Validated(zero, noise, alignment, residual: 10)));

        static TrainingReport Validated(double zero, double noise, double alignment, double residual) => new()
        {
            Step = 1,
            Means = new RunningMeans(),
            LearningRate = 0,
            TrainingSeconds = 0,
            Seconds = 0,
            PeakMemoryMebibytes = 0,
            Held = new Dictionary<string, double> { ["exact_0"] = zero, ["noise_exact_0"] = noise, ["alignment_0"] = alignment, ["residual_0"] = residual },
        };
    }

    [Fact]
    public void Keeps_the_best_checkpoint_for_export()
    {
        using var folder = new TemporaryFolder();
        ReasoningRecipe recipe = Recipe(steps: 160);
        using Trainer trainer = Trainer(recipe with { Training = recipe.Training with { ReportEvery = 40 } }, folder.Path);

        trainer.Run(CancellationToken.None);

        double[] exact = [.. trainer.Log.Column("exact_0").Zip(trainer.Log.Column("noise_exact_0"), (zero, noise) => (zero + noise) / 2)];
        Assert.True(Directory.Exists(trainer.BestDirectory));
        Assert.Equal(exact.Max(), trainer.Progress.BestScore!.Value, 1e-3);
        Assert.Equal(trainer.BestDirectory, Deq.Export.Bundling.CheckpointPath.Find(folder.Path));
    }

    [Fact]
    public void Fails_early_and_says_so_where_states_do_not_come_to_rest()
    {
        using var folder = new TemporaryFolder();
        ReasoningRecipe recipe = Recipe(steps: 4);
        ReasoningRecipe restless = recipe with
        {
            Training = recipe.Training with { ReportEvery = 1, SettledFrom = 2 },
            Serving = new ReasoningServingRecipe { Defaults = recipe.Serving.Defaults with { Tolerance = 1e-9, ToleranceLimit = 1e-9 } },
            Validation = [recipe.Validation[0] with { Evaluations = 1 }],
        };
        using Trainer trainer = Trainer(restless, folder.Path);

        TrainingDivergedException fault = Assert.Throws<TrainingDivergedException>(() => trainer.Run(CancellationToken.None));

        Assert.Equal(2, trainer.Progress.Step);
        Assert.Contains("median residual", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_every_fault_of_a_recipe_at_once()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("recipe.json", """
            { "name": "Bad name", "puzzles": [{ "kind": "chess", "least": 9, "most": 4 }], "architecture": { "kind": "peers", "channels": 0, "hidden": 8 },
              "solve": { "zeroShare": 0.6, "othersShare": 0.6 }, "optimizer": { "learningRate": 1e-3 }, "training": { "steps": 10 }, "serving": { "maxEvaluations": 8, "evaluationsLimit": 4 } }
            """u8.ToArray());

        RecipeException fault = Assert.Throws<RecipeException>(() => ReasoningRecipeReader.ReadNew(path));

        Assert.Equal(
            ["name", "puzzles[0].kind", "architecture.channels", "validation", "puzzles[0].most", "solve.othersShare", "serving.evaluationsLimit", "serving.efforts"],
            fault.Faults.Select(line => line.Split(':')[0]));
    }

    [Theory]
    [InlineData("maze", 8, 9, "messages", "puzzles[0].least: is 8; sides of mazes are odd, 5 to 4095.")]
    [InlineData("maze", 1, 9, "messages", "validation[0].least: is 1; sides of mazes are odd, 5 to 4095.")]
    [InlineData("maze", 3, 3, "messages", "puzzles[0].most: is 3; sides of mazes are odd, 5 to 4095.")]
    [InlineData("maze", 9, 14, "messages", "validation[0].most: is 14; sides of mazes are odd, 5 to 4095.")]
    [InlineData("maze", 9, 9, "peers", "architecture.kind: is \"peers\", a cell of Sudokus; the puzzles are \"maze\".")]
    [InlineData("sudoku", 16, 30, "peers", "puzzles[0].least: is 16; givens of Sudokus are 17 to 80.")]
    [InlineData("sudoku", 17, 81, "peers", "puzzles[0].most: is 81; givens of Sudokus are 17 to 80.")]
    [InlineData("sudoku", 17, 30, "sequence", "architecture.kind: is \"sequence\", a cell of one line of tokens; the puzzles are \"sudoku\".")]
    [InlineData("sudoku", 17, 30, "peers", "validation[0].poolSeed: is 1, as in puzzles[0]: validation would solve what training draws. Give it another seed.")]
    public void Refuses_sizes_that_puzzles_have_not_cells_that_do_not_take_them_and_tests_that_were_trained_on(string kind, int least, int most, string cell, string fault)
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("recipe.json", Encoding.UTF8.GetBytes($$"""
            { "name": "puzzles", "puzzles": [{ "kind": "{{kind}}", "least": {{least}}, "most": {{most}} }],
              "architecture": { "kind": "{{cell}}", "channels": 8, "hidden": 8 }, "optimizer": { "learningRate": 1e-3 }, "training": { "steps": 10 },
              "validation": [{ "kind": "{{kind}}", "least": {{least}}, "most": {{most}}, "evaluations": 4 }],
              "serving": { "maxEvaluations": 8, "evaluationsLimit": 64 } }
            """));

        Assert.Contains(fault, Assert.Throws<RecipeException>(() => ReasoningRecipeReader.ReadNew(path)).Faults);
    }

    [Fact]
    public void Goes_on_with_and_exports_a_run_whose_recipe_was_allowed_when_it_began()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("recipe.json", """
            { "name": "sudoku", "puzzles": [{ "kind": "sudoku", "least": 17, "most": 81, "pool": 8 }], "architecture": { "kind": "peers", "channels": 8, "hidden": 8 },
              "optimizer": { "learningRate": 1e-3 }, "training": { "steps": 10 }, "validation": [{ "kind": "sudoku", "least": 17, "most": 81, "pool": 8, "evaluations": 4 }],
              "serving": { "maxEvaluations": 8, "evaluationsLimit": 64, "efforts": [
                { "name": "minimal", "evaluations": 2 }, { "name": "low", "evaluations": 4 }, { "name": "medium", "evaluations": 8 }, { "name": "high", "evaluations": 16 }, { "name": "max", "evaluations": 64 }] } }
            """u8.ToArray());
        var task = new Deq.Export.Tasks.Reasoning.ReasoningTask();

        RecipeException fresh = Assert.Throws<RecipeException>(() => task.Begin(path, new TrainingPlace(null, CPU)));
        using ITrainingRun resumed = task.Begin(path, new TrainingPlace(null, CPU, IsResumed: true));
        BundleParts parts = task.Parts(path, new TrainingProgress());

        Assert.Equal(["puzzles[0].most", "validation[0].most", "validation[0].poolSeed"], fresh.Faults.Select(line => line.Split(':')[0]));
        Assert.Equal("sudoku", resumed.Plan.Name);
        Assert.Equal("sudoku", parts.Manifest.Name);
    }

    private static double Exact(Trainer trainer) =>
        double.Parse(trainer.Progress.Log[^1].Split(',')[5], System.Globalization.CultureInfo.InvariantCulture);

    private static Trainer Trainer(ReasoningRecipe recipe, string folder, bool resume = false, CancellationTokenSource? stop = null) =>
        new(new ReasoningRun(recipe, CPU), new TrainingFiles(folder, "{}", "cpu", TimeProvider.System), resume, new SilentView(stop));

    private static ReasoningRecipe Recipe(int steps) => new()
    {
        Name = "prefix-sum",
        Seed = 1,
        Puzzles = [new PuzzleRecipe { Kind = "prefix-sum", Least = 3, Most = 5 }],
        Architecture = new ReasonerRecipe { Kind = "sequence", Channels = 16, Hidden = 16 },
        Solve = new ReasoningSolveRecipe { MostFreeAtFirst = 2, MostFree = 4, MostSteps = 3 },
        Optimizer = new OptimizerRecipe { LearningRate = 5e-3 },
        Schedule = new ScheduleRecipe { Kind = "constant" },
        Training = new ReasoningLoopRecipe { Steps = steps, BatchSize = 32, AverageDecay = 0.9, ReportEvery = steps },
        Validation = [new ReasoningTestRecipe { Puzzles = new PuzzleRecipe { Kind = "prefix-sum", Least = 5, Most = 5 }, Count = 32, Evaluations = 6 }],
        Serving = new ReasoningServingRecipe
        {
            Defaults = new SolveDefaults { Solver = "picard", Tolerance = 0.5, MaxEvaluations = 8, EvaluationsLimit = 64, ToleranceLimit = 1e-6 },
        },
    };
}
