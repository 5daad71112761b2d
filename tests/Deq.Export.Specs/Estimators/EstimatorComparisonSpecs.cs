using System.Text.Json;
using System.Text.Json.Nodes;
using Deq.Benchmarks.Estimators;
using Deq.Export.Specs.Fixtures;
using Deq.Export.Specs.Tasks.Classification;
using Deq.Export.Specs.Tasks.Classification.Recipes;

namespace Deq.Export.Specs.Estimators;

public sealed class EstimatorComparisonSpecs
{
    public static TheoryData<string> Variants => [.. EstimatorVariant.All.Select(variant => variant.Name)];

    [Theory]
    [MemberData(nameof(Variants))]
    public void Changes_of_the_base_only_what_the_variant_is_about(string name)
    {
        string[] expected = name == EstimatorVariant.Free ? ["gradient", "jacobianRegularization", "seed"] : ["gradient", "seed"];

        JsonObject recipe = Named(name).Recipe(EstimatorRecipe.Recipe, seed: 3);

        IEnumerable<string> keys = recipe.Concat(EstimatorRecipe.Recipe).Select(section => section.Key).Distinct();
        Assert.Equal(expected, keys.Where(key => !JsonNode.DeepEquals(recipe[key], EstimatorRecipe.Recipe[key])).Order());
        Assert.Equal(3, SmallRecipe.Read(recipe).Seed);
    }

    [Fact]
    public void Takes_gaps_seed_by_seed_with_the_error_of_their_mean()
    {
        EstimatorResult[] reference = [Result(1, 0.70), Result(2, 0.80), Result(3, 0.60)];
        EstimatorResult[] runs = [Result(3, 0.63), Result(1, 0.69), Result(2, 0.81)];

        var gap = PairedGap.Of(runs, reference);

        Assert.Equal(1, gap.Points, 9);
        Assert.Equal(2 / Math.Sqrt(3), gap.StandardError, 9);
        Assert.False(gap.IsFinding);
    }

    [Fact]
    public void Lets_a_better_variant_keep_every_bound_and_a_worse_one_only_wider_bounds()
    {
        EstimatorResult[] reference = [Result(1, 0.7), Result(2, 0.7)];
        var better = PairedGap.Of([Result(1, 0.9), Result(2, 0.9)], reference);
        var worse = PairedGap.Of([Result(1, 0.694), Result(2, 0.694)], reference);

        Assert.True(better.IsWithin(0.1));
        Assert.True(worse.IsWithin(0.7));
        Assert.False(worse.IsWithin(0.5));
        Assert.True(worse.IsFinding);
    }

    [Fact]
    public void Leaves_a_bound_undecided_that_is_nearer_to_the_gap_than_its_error()
    {
        var gap = PairedGap.Of([Result(1, 0.68), Result(2, 0.71)], [Result(1, 0.7), Result(2, 0.7)]);

        Assert.Equal(1.5, gap.StandardError, 9);
        Assert.Null(gap.IsWithin(1.5));
        Assert.True(gap.IsWithin(2.5));
    }

    [Fact]
    public void Compares_only_runs_of_the_same_seeds() =>
        Assert.Throws<ArgumentException>(() => PairedGap.Of([Result(1, 0.7), Result(2, 0.7)], [Result(1, 0.7), Result(3, 0.7)]));

    [Theory]
    [MemberData(nameof(Variants))]
    public void Trains_every_variant_once_and_counts_its_evaluations(string name)
    {
        using TemporaryFolder folder = new();

        EstimatorResult? first = Runs(folder).Finish(Named(name), 1, CancellationToken.None);
        DateTime trained = File.GetLastWriteTimeUtc(folder.File($"{name}-1/log.csv"));
        EstimatorResult? second = Runs(folder).Finish(Named(name), 1, CancellationToken.None);

        Assert.Equal(JsonSerializer.Serialize(first), JsonSerializer.Serialize(second));
        Assert.Equal(trained, File.GetLastWriteTimeUtc(folder.File($"{name}-1/log.csv")));
        Assert.Equal(HeldOutSolves.Methods, first!.Solves.Select(count => count.Method));
        Assert.All(first.Solves, count => Assert.InRange(count.Mean, (HeldOutSolves.Limit * (1 - count.ConvergedShare)) - 1e-9, HeldOutSolves.Limit));
        Assert.True(first.StepMilliseconds > 0);
    }

    [Fact]
    public void Goes_on_after_a_stop_to_the_result_of_an_uninterrupted_run()
    {
        using TemporaryFolder stopped = new();
        using TemporaryFolder whole = new();
        EstimatorVariant variant = Named("one-step");
        string run = Path.Combine(stopped.Path, "one-step-1");
        JsonObject recipe = variant.Recipe(Common(), 1);

        Assert.Null(Runs(stopped).Finish(variant, 1, new CancellationToken(canceled: true)));
        ThreeShapes.Train(recipe, run, stopAfter: 4);
        EstimatorResult resumed = Runs(stopped).Finish(variant, 1, CancellationToken.None)!;
        EstimatorResult straight = Runs(whole).Finish(variant, 1, CancellationToken.None)!;

        Assert.Equal(straight.Accuracy, resumed.Accuracy);
        Assert.Equal(straight.Solves, resumed.Solves);
    }

    [Fact]
    public void Refuses_a_folder_of_another_comparison()
    {
        using TemporaryFolder folder = new();
        folder.Write("one-step-1/recipe.json", "{}"u8.ToArray());

        Assert.Throws<InvalidDataException>(() => Runs(folder).Finish(Named("one-step"), 1, CancellationToken.None));
    }

    [Fact]
    public void Leaves_a_run_to_the_process_that_has_it_in_hand()
    {
        using TemporaryFolder folder = new();
        using FileStream claim = new(folder.File("one-step-1/claim"), FileMode.Create, FileAccess.ReadWrite, FileShare.None);

        Assert.Null(Runs(folder).Finish(Named("one-step"), 1, CancellationToken.None));
        Assert.Equal(["claim"], Directory.GetFileSystemEntries(Path.Combine(folder.Path, "one-step-1")).Select(Path.GetFileName));
    }

    [Fact]
    public void Says_on_its_page_which_bounds_hold()
    {
        EstimatorResult[] results =
        [
            .. from variant in EstimatorVariant.All
               from seed in Enumerable.Range(1, 3)
               select Result(seed, variant.Name == "shine" ? 0.6 : 0.7) with
               {
                   Variant = variant.Name,
                   Solves = Solves(variant.Name == EstimatorVariant.Free ? 30 : 10),
               },
        ];

        string page = EstimatorPage.Of(results);

        string[] lines = page.Split('\n');
        Assert.Contains("| −10.0 ± 0.0 | 0.8 | no |", lines.Single(line => line.StartsWith("| shine |", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains("| 0.8 | yes |", lines.Single(line => line.StartsWith("| one-step |", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.Contains("| 0.33 (0.33, 0.33, 0.33) | yes |", lines.Single(line => line.StartsWith("| anderson |", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    private static EstimatorVariant Named(string name) => EstimatorVariant.All.Single(variant => variant.Name == name);

    private static EstimatorRuns Runs(TemporaryFolder folder) => new(folder.Path, Common(), ThreeShapes.Images(120), solved: 20);

    private static JsonObject Common()
    {
        JsonObject recipe = ThreeShapes.Recipe(epochs: 2);
        recipe["solver"] = JsonNode.Parse("""{ "method": "broyden" }""");
        recipe["training"]!["pretrainEpochs"] = 0;
        return recipe;
    }

    private static SolveCount[] Solves(double mean) => [.. HeldOutSolves.Methods.Select(method => new SolveCount(method, mean, mean, 1))];

    private static EstimatorResult Result(int seed, double accuracy) => new()
    {
        Variant = EstimatorVariant.Reference,
        Seed = seed,
        Accuracy = accuracy,
        HeldOut = 1000,
        ForwardEvaluations = 10,
        Residual = 1e-3,
        BackwardEvaluations = 5,
        StepMilliseconds = 50,
        Solves = [],
    };
}
