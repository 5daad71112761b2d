using Deq.Export.Architectures;
using Deq.Export.FlowTraining;
using Deq.Export.Training;
using static TorchSharp.torch;

namespace Deq.Export.Specs.FlowTraining;

public sealed class AFlowTrainingStep
{
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

        FlowStepReport report = new FlowTrainingStep(recipe, new FlowNetwork(graphs), state, CPU).Make(0);

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
        var step = new FlowTrainingStep(recipe, new FlowNetwork(graphs), state, CPU);

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
        var step = new FlowTrainingStep(recipe, new FlowNetwork(graphs), state, CPU);

        Assert.Equal([3, 3, 5, 5], Enumerable.Range(0, 4).Select(number => step.Make(number).Evaluations));
    }
}
