using Deq.Export.RandomNumbers;
using Deq.Export.Tasks.Flow;
using Deq.Export.Tasks.Flow.Training;
using Deq.Export.Training;
using static TorchSharp.torch;

namespace Deq.Export.Specs.Tasks.Flow.Training;

public sealed class FlowTrainingStepSpecs
{
    [Theory]
    [InlineData(false, 35)]
    [InlineData(true, 16)]
    public void Draws_as_many_evaluations_below_the_middle_as_above(bool logarithms, int middle)
    {
        var solve = new FlowSolveRecipe { FewestEvaluations = 4, MostEvaluations = 66, DrawsLogarithms = logarithms };
        var random = new SplitMix64(5);
        int[] drawn = new int[4000];
        foreach (ref int budget in drawn.AsSpan())
        {
            budget = solve.Budget(ref random);
        }

        Assert.Equal((4, 66), (drawn.Min(), drawn.Max()));
        Assert.InRange(drawn.Count(budget => budget < middle) / 4000.0, 0.45, 0.55);
    }

    [Fact]
    public void Asks_for_rest_in_full_from_where_the_recipe_says_and_of_carried_starts_all_along()
    {
        FlowSolveRecipe solve = Cold() with { CarriedShare = 1 };
        double without = Loss(solve with { ChangePenalty = 0 });

        double full = Loss(solve with { ChangePenalty = 1, RestFrom = 6 }) - without;
        double half = Loss(solve with { ChangePenalty = 1, RestFrom = 12 }) - without;
        double everywhere = Loss(solve with { ChangePenalty = 0, CarriedChangePenalty = 1 }) - without;

        Assert.True(full > 0);
        Assert.Equal(full / 2, half, 1e-4);
        Assert.True(everywhere > full, $"{everywhere} after all three corrections is more than {full} after the last.");

    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Asks_the_last_change_to_shrink_by_the_share_that_one_evaluation_more_leaves_of_it(int gradientSteps)
    {
        FlowSolveRecipe solve = Cold() with { GradientSteps = gradientSteps };
        FlowRecipe recipe = SmallFlow.Recipe(steps: 10) with { Solve = solve };
        FlowGraphs graphs = FlowEstimator.Build(recipe.Architecture);
        using var state = new TrainingState(recipe.Seed, recipe.Optimizer, graphs.Weights, CPU);
        FlowBatch batch = new FlowBatches(recipe.Motion with { Frames = 2 }, recipe.Training.BatchSize, CPU).Draw(recipe.Seed, 0, progress: 0);
        BoundFlowNetwork bound = new FlowNetwork(graphs).Bind(state.Parameters.Compose(training: true));
        Tensor[] injection = [.. bound.Encode(batch.Pair(0)).Select(part => part.detach())];
        int hidden = recipe.Architecture.Hidden;
        Tensor z = zeros(recipe.Training.BatchSize, hidden + 2, recipe.Motion.Height / FlowSizes.Stride, recipe.Motion.Width / FlowSizes.Stride);
        Tensor[] iterates = [.. new[] { 5, 6, 7 }.Select(evaluations => bound.Iterate(z.clone(), injection, evaluations))];
        double share = (Share(0, hidden) + Share(hidden, 2)) / 2;

        double without = Loss(solve);
        double full = Loss(solve with { ContractionPenalty = 1, RestFrom = 6 }) - without;
        double half = Loss(solve with { ContractionPenalty = 1, RestFrom = 12 }) - without;

        Assert.Equal(share, full, 1e-3 * share);
        Assert.Equal(full / 2, half, 1e-4);

        double Share(int first, int count) =>
            (Lengths(iterates[2] - iterates[1], first, count) / Lengths(iterates[1] - iterates[0], first, count)).mean().item<float>();

        static Tensor Lengths(Tensor step, int first, int count) => step.narrow(1, first, count).norm(1).mean([1, 2]);
    }

    [Fact]
    public void Asks_a_carried_start_to_be_near_where_it_ends_unless_it_stays_where_it_was()
    {
        FlowSolveRecipe solve = Cold() with { CarriedShare = 1 };
        double without = Loss(solve);
        FlowSolveRecipe near = solve with { ArrivalPenalty = 1 };

        double full = Loss(near with { RestFrom = 6 }) - without;

        Assert.InRange(full, 1e-3, 2);
        Assert.Equal(full / 4, Loss(near with { RestFrom = 12 }) - without, 1e-4);
        Assert.Equal(Loss(solve with { UnmovedShare = 1 }), Loss(near with { UnmovedShare = 1 }));
    }

    [Fact]
    public void Goes_on_with_the_pairs_of_the_step_before_from_where_that_ended()
    {
        FlowSolveRecipe solve = Cold() with { Corrections = 1, FewestEvaluations = 3, MostEvaluations = 3, ContinuedShare = 1 };
        FlowRecipe recipe = SmallFlow.Recipe(steps: 10) with { Solve = solve };
        FlowGraphs graphs = FlowEstimator.Build(recipe.Architecture);
        using var state = new TrainingState(recipe.Seed, recipe.Optimizer, graphs.Weights, CPU);
        Optimizers.SetRate(state.Optimizer, 0);
        using var step = new FlowTrainingStep(recipe, new FlowNetwork(graphs), state, CPU);
        FlowRecipe longer = recipe with { Solve = solve with { FewestEvaluations = 9, MostEvaluations = 9 } };
        using var once = new FlowTrainingStep(longer, new FlowNetwork(graphs), state, CPU);

        FlowStepReport[] reports = [.. Enumerable.Range(0, 3).Select(step.Make)];
        FlowStepReport all = once.Make(0);

        Assert.Equal(["cold", "continued", "continued"], reports.Select(report => report.Start));
        Assert.Equal([3, 3, 3], reports.Select(report => report.Evaluations));
        Assert.Equal(all.EndpointError, reports[2].EndpointError, 1e-5);
        Assert.Equal(all.Change, reports[2].Change, 1e-5);
        Assert.NotEqual(all.EndpointError, reports[1].EndpointError, 1e-5);
    }

    private static FlowSolveRecipe Cold() => SmallFlow.Recipe(steps: 10).Solve with
    {
        FewestEvaluations = 6,
        MostEvaluations = 6,
        CarriedShare = 0,
        NoisyTruthShare = 0,
        RandomShare = 0,
        ChangePenalty = 0,
        JacobianPenalty = 0,
    };

    private static double Loss(FlowSolveRecipe solve)
    {
        FlowRecipe recipe = SmallFlow.Recipe(steps: 10) with { Solve = solve };
        FlowGraphs graphs = FlowEstimator.Build(recipe.Architecture);
        using var state = new TrainingState(recipe.Seed, recipe.Optimizer, graphs.Weights, CPU);
        using var step = new FlowTrainingStep(recipe, new FlowNetwork(graphs), state, CPU);
        return step.Make(0).Loss;
    }

    [Theory]
    [InlineData("cold", 0, 0, 0)]
    [InlineData("carried", 1, 0, 0)]
    [InlineData("truth", 0, 1, 0)]
    [InlineData("random", 0, 0, 1)]
    public void Starts_as_the_recipe_says_and_moves_every_weight(string start, double carried, double truth, double random)
    {
        FlowRecipe recipe = SmallFlow.Recipe(steps: 10) with
        {
            Solve = new FlowSolveRecipe
            {
                FewestEvaluations = 4,
                MostEvaluations = 7,
                Corrections = 2,
                GradientSteps = 2,
                JacobianShare = 1,
                CarriedShare = carried,
                NoisyTruthShare = truth,
                RandomShare = random,
            },
        };
        FlowGraphs graphs = FlowEstimator.Build(recipe.Architecture);
        using var state = new TrainingState(recipe.Seed, recipe.Optimizer, graphs.Weights, CPU);
        Dictionary<string, Tensor> before = state.Parameters.Trainable.ToDictionary(entry => entry.Name, entry => entry.Value.detach().clone());

        using var step = new FlowTrainingStep(recipe, new FlowNetwork(graphs), state, CPU);
        FlowStepReport report = step.Make(0);

        Assert.Equal(start, report.Start);
        Assert.InRange(report.Evaluations, 4, 7);
        Assert.True(double.IsFinite(report.Loss) && report.Change > 0);
        Assert.Empty(state.Parameters.Trainable.Where(entry => (before[entry.Name] - entry.Value).abs().max().item<float>() == 0).Select(entry => entry.Name));
    }

    [Fact]
    public void Draws_every_budget_of_its_range()
    {
        FlowRecipe recipe = SmallFlow.Recipe(steps: 40) with
        {
            Solve = new FlowSolveRecipe { FewestEvaluations = 3, MostEvaluations = 5, JacobianPenalty = 0 },
        };
        FlowGraphs graphs = FlowEstimator.Build(recipe.Architecture);
        using var state = new TrainingState(recipe.Seed, recipe.Optimizer, graphs.Weights, CPU);
        using var step = new FlowTrainingStep(recipe, new FlowNetwork(graphs), state, CPU);

        IEnumerable<int> drawn = [.. Enumerable.Range(0, 20).Select(number => step.Make(number).Evaluations)];

        Assert.Equal([3, 4, 5], drawn.Distinct().Order());
    }

    [Fact]
    public void Takes_up_the_clips_and_the_budget_of_a_phase_when_it_begins()
    {
        FlowRecipe recipe = SmallFlow.Recipe(steps: 4);
        recipe = recipe with
        {
            Solve = recipe.Solve with { FewestEvaluations = 3, MostEvaluations = 3 },
            Phases =
            [
                new FlowPhase
                {
                    From = 0.5,
                    Motion = recipe.Motion with { Height = 32 },
                    Solve = recipe.Solve with { FewestEvaluations = 5, MostEvaluations = 5 },
                    BatchSize = 2,
                },
            ],
        };
        FlowGraphs graphs = FlowEstimator.Build(recipe.Architecture);
        using var state = new TrainingState(recipe.Seed, recipe.Optimizer, graphs.Weights, CPU);
        using var step = new FlowTrainingStep(recipe, new FlowNetwork(graphs), state, CPU);

        Assert.Equal([3, 3, 5, 5], Enumerable.Range(0, 4).Select(number => step.Make(number).Evaluations));
    }
}
