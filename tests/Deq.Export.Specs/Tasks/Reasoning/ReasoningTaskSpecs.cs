using System.Numerics.Tensors;
using Deq.Export.Bundling;
using Deq.Export.CommandLine;
using Deq.Export.Evaluation;
using Deq.Export.RandomNumbers;
using Deq.Export.Specs.Fixtures;
using Deq.Export.Specs.Training;
using Deq.Export.Tasks;
using Deq.Export.Tasks.Reasoning.Evaluation;
using Deq.Export.Tasks.Reasoning.Puzzles;
using Deq.Export.Tasks.Reasoning.Training;
using Deq.Export.Training;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;
using Deq.Runtime.Tasks.Reasoning;
using Deq.Testing;
using static TorchSharp.torch;

namespace Deq.Export.Specs.Tasks.Reasoning;

public sealed class ReasoningTaskSpecs
{
    public static TheoryData<string> Recipes => ["prefix-sum", "maze", "sudoku", "prefix-sum-control", "maze-control", "sudoku-control"];

    [Theory, MemberData(nameof(Recipes))]
    public void A_checkpoint_of_each_recipe_becomes_a_bundle_that_opens_and_answers(string name)
    {
        using var folder = new TemporaryFolder();
        using ModelBundle bundle = Bundle(name, folder, out string kind);
        Puzzle[] puzzles = Puzzles(kind, kind == "sudoku" ? 81 : 9);
        var solver = new ReasoningSolver(bundle, FixedPointMethods.Named("picard"), rows: 2);

        ReasoningSolve[] solves = solver.Solve(
            [.. puzzles.Select(puzzle => puzzle.Question)], ReasoningContract.Of(bundle.Manifest).Effort("minimal")!, seed: 1);

        Assert.All(solves.Zip(puzzles), pair => Assert.Equal(
            (pair.Second.Question.Height, pair.Second.Question.Width), (pair.First.Answer.Height, pair.First.Answer.Width)));
        Assert.All(solves, solve => Assert.InRange(solve.Solution.Evaluations, 1, 100));
    }

    [Fact]
    public void Puzzles_of_several_sizes_are_answered_as_each_alone()
    {
        using var folder = new TemporaryFolder();
        using ModelBundle bundle = Bundle("maze", folder, out _);
        TokenGrid[] questions = [.. Puzzles("maze", 9).Concat(Puzzles("maze", 15)).Select(puzzle => puzzle.Question)];
        var solver = new ReasoningSolver(bundle, FixedPointMethods.Named("picard"), rows: 4);
        RowGrant grant = RowGrant.Of(1e-6, 30);

        ReasoningSolve[] together = solver.Solve(questions, _ => grant, _ => null, keepsStates: true);

        for (int i = 0; i < questions.Length; i++)
        {
            ReasoningSolve alone = solver.Solve([questions[i]], _ => grant, _ => null, keepsStates: true)[0];
            Assert.Equal(alone.Answer, together[i].Answer);
            Assert.All(alone.State.Zip(together[i].State), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
        }
    }

    [Fact]
    public void The_first_start_with_a_valid_answer_ends_the_others_and_a_refused_one_does_not()
    {
        using var folder = new TemporaryFolder();
        using ModelBundle bundle = Bundle("prefix-sum", folder, out _);
        TokenGrid[] questions = [.. Enumerable.Range(0, 8).Select(bits => TokenGrid.Sequence([bits & 1, (bits >> 1) & 1, bits >> 2]))];
        var checker = new PrefixSumChecker();
        var solver = new ReasoningSolver(bundle, FixedPointMethods.Named("picard"), rows: 1);
        EffortLevel level = ReasoningContract.Of(bundle.Manifest).Effort("max")! with { Starts = 3, Evaluations = 20, EvaluationsPerPlace = 0, Tolerance = 0.5 };

        ReasoningSolve[] solves = solver.Solve(questions, level, seed: 1);
        ReasoningSolve[] unjudged = solver.Solve(questions, _ => RowGrant.Of(0.5, 20), _ => null);

        Assert.Contains(unjudged.Zip(questions), pair => pair.First.Solution.Converged && !checker.IsValid(pair.Second, pair.First.Answer));
        bool[] valid = [.. solves.Zip(questions, (solve, question) => checker.IsValid(question, solve.Answer))];
        Assert.Contains(true, valid);
        Assert.Contains(false, valid);
        Assert.Equal(valid, solves.Select(solve => solve.Solution.Converged));
        Assert.All(solves.Where((_, i) => !valid[i]), solve => Assert.Equal((60, 3), (solve.Solution.Evaluations, solve.Starts)));
        Assert.Contains(solves, solve => solve.Starts == 1);
    }

    [Fact]
    public void Adversarial_starts_are_as_long_as_another_puzzle_s_end_and_lead_farther_away()
    {
        using var folder = new TemporaryFolder();
        using ModelBundle bundle = Bundle("prefix-sum", folder, out _);
        TokenGrid[] questions = [TokenGrid.Sequence([1, 0, 1, 1, 0]), TokenGrid.Sequence([0, 0, 1, 0, 1])];
        var solver = new ReasoningSolver(bundle, FixedPointMethods.Named("picard"), rows: 2);
        RowGrant grant = RowGrant.Of(1e-30, AdversarialStarts.Evaluations) with { AnswersFinal = true };
        float[][] ends = [.. solver.Solve(questions, _ => grant, _ => null, keepsStates: true).Select(solve => solve.State)];

        float[][] starts = AdversarialStarts.Search(bundle, questions, ends);

        double[] naive = Apart(i => ends[1 - i]);
        double[] searched = Apart(i => starts[i]);
        Assert.All([0, 1], i => Assert.True(searched[i] > naive[i], $"{searched[i]} and {naive[i]}"));
        Assert.All([0, 1], i => Assert.Equal(1, TensorPrimitives.Norm<float>(starts[i]) / TensorPrimitives.Norm<float>(ends[1 - i]), 1e-3f));

        double[] Apart(Func<int, float[]> start) =>
        [
            .. solver.Solve(questions, _ => grant, i => _ => start(i), keepsStates: true)
                .Select((solve, i) => (double)TensorPrimitives.Distance<float>(solve.State, ends[i])),
        ];
    }

    [Theory]
    [InlineData("best", false)]
    [InlineData("final", true)]
    public void Solves_answer_with_the_iterate_that_the_manifest_names(string answer, bool isFinal)
    {
        using var folder = new TemporaryFolder();
        using ModelBundle bundle = Bundle("prefix-sum", folder, out _, answer);
        TokenGrid[] questions = [TokenGrid.Sequence([1, 0, 1])];
        EffortLevel level = ReasoningContract.Of(bundle.Manifest).Effort("minimal")!;

        RowGrant grant = new ReasoningSolver(bundle, FixedPointMethods.Named("picard"), rows: 1).Grant(questions[0], level);

        Assert.Equal(isFinal, grant.AnswersFinal);
    }

    [Fact]
    public void A_control_is_shown_on_the_card_and_its_recipe_and_log_are_kept()
    {
        using var folder = new TemporaryFolder();
        string recipe = RecipePath("prefix-sum");
        (ITrainedTask task, string checkpoint, TrainingProgress progress) = Trained("prefix-sum-control", folder);
        TrainingProgress measured = progress with { Log = File.ReadAllLines(Repository.Folder("models", "prefix-sum", "control.csv")) };

        ControlPart control = task.Control(recipe, checkpoint, measured)!;
        EvaluationPage page = control.On(new EvaluationPage { Sentence = "", Markdown = "", Numbers = 0, Quality = new Dictionary<string, double>(), Card = "Exact.\n" });

        Assert.StartsWith("Exact.\n\n### Control\n", page.Card);
        Assert.Contains("| 16 | 256 | 4 | 97.3 % | 40.6 % | 0.8187 |\n", page.Card);
        Assert.Equal(File.ReadAllBytes(RecipePath("prefix-sum-control")), page.Files["control.json"]);
        Assert.Equal(File.ReadAllBytes(Repository.Folder("models", "prefix-sum", "control.csv")), page.Files["control.csv"]);
        Assert.Contains("measured nothing", Assert.Throws<InvalidDataException>(() => task.Control(recipe, checkpoint, progress)).Message);
        Assert.Contains("another cell", Assert.Throws<InvalidDataException>(() => task.Control(RecipePath("sudoku"), checkpoint, measured)).Message);
    }

    [Fact]
    public void Data_to_train_on_are_refused_for_puzzles_are_drawn()
    {
        CommandException refused = Assert.Throws<CommandException>(() => new Deq.Export.Tasks.Reasoning.ReasoningTask().Begin(
            RecipePath("maze"), new TrainingPlace(new DirectoryInfo("puzzles"), CPU)));

        Assert.Contains("leave out --data", refused.Message, StringComparison.Ordinal);
    }

    private static string RecipePath(string name) => Repository.Folder("Deq.Export", "Tasks", "Reasoning", "Recipes", $"{name}.json");

    private static Puzzle[] Puzzles(string kind, int size)
    {
        var random = new SplitMix64(1);
        return PuzzleCatalogue.Make(new PuzzleRecipe { Kind = kind, Least = size, Most = size, Pool = 8 }).Draw(ref random, 3);
    }

    private static ModelBundle Bundle(string name, TemporaryFolder folder, out string kind, string answer = "best")
    {
        (ITrainedTask task, string checkpoint, TrainingProgress progress) = Trained(name, folder);
        kind = ReasoningRecipeReader.Read(RecipePath(name)).Puzzles[0].Kind;
        string target = Path.Combine(folder.Path, "bundle");
        var contents = BundleContents.Of(checkpoint, progress, task.Parts(Checkpoint.RecipePath(checkpoint), progress));
        (ModelManifest manifest, Dictionary<string, byte[]> files) = contents.Finish(page: null);
        BundleWriter.Write(target, manifest with { Defaults = manifest.Defaults with { Answer = answer } }, files);
        return ModelBundle.Open(target, new ExecutionOptions());
    }

    /// <summary>A run of no steps.</summary>
    private static (ITrainedTask Task, string Checkpoint, TrainingProgress Progress) Trained(string name, TemporaryFolder folder)
    {
        ReasoningRecipe recipe = ReasoningRecipeReader.Read(RecipePath(name));
        recipe = recipe with { Training = recipe.Training with { Steps = 0 } };
        using var trainer = new Trainer(
            new ReasoningRun(recipe, CPU), new TrainingFiles(folder.Path, File.ReadAllText(RecipePath(name)), "cpu", TimeProvider.System), false, new SilentView());
        trainer.Run(CancellationToken.None);
        (ITrainedTask task, TrainingProgress progress) = TrainedTasks.OfProgram.OfCheckpoint(trainer.CheckpointDirectory);
        Assert.IsType<Deq.Export.Tasks.Reasoning.ReasoningTask>(task);
        return (task, trainer.CheckpointDirectory, progress);
    }
}
