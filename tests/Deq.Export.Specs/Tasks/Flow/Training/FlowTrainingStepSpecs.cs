using Deq.Export.Tasks.Flow;
using Deq.Export.Tasks.Flow.Training;
using Deq.Export.Training;
using static TorchSharp.torch;

namespace Deq.Export.Specs.Tasks.Flow.Training;

public sealed class FlowTrainingStepSpecs
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Moves_every_weight_from_the_guess_and_from_noise(double randomShare)
    {
        FlowRecipe recipe = SmallFlow.Recipe(steps: 10);
        recipe = recipe with { Solve = recipe.Solve with { RandomShare = randomShare, GradientSteps = 2, Corrections = 2, FewestEvaluations = 4 } };
        FlowGraphs graphs = FlowEstimator.Build(recipe.Architecture);
        using var state = new TrainingState(recipe.Seed, recipe.Optimizer, graphs.Model.Weights, CPU);
        Dictionary<string, Tensor> before = state.Parameters.Trainable.ToDictionary(entry => entry.Name, entry => entry.Value.detach().clone());

        var report = SmallFlow.Make(new FlowTrainingStep(recipe, new EquilibriumNetwork(graphs.Model), state, null, CPU), state, 0);

        Assert.InRange(report.Evaluations, 4, 9);
        Assert.True(double.IsFinite(report.Loss) && report.Change > 0);
        Assert.Empty(state.Parameters.Trainable.Where(entry => (before[entry.Name] - entry.Value).abs().max().item<float>() == 0).Select(entry => entry.Name));
    }

    [Fact]
    public void Draws_every_budget_of_its_range()
    {
        FlowRecipe recipe = SmallFlow.Recipe(steps: 40) with { Solve = new FlowSolveRecipe { FewestEvaluations = 3, MostEvaluations = 5 } };
        FlowGraphs graphs = FlowEstimator.Build(recipe.Architecture);
        using var state = new TrainingState(recipe.Seed, recipe.Optimizer, graphs.Model.Weights, CPU);
        var step = new FlowTrainingStep(recipe, new EquilibriumNetwork(graphs.Model), state, null, CPU);

        IEnumerable<int> drawn = [.. Enumerable.Range(0, 20).Select(number => SmallFlow.Make(step, state, number).Evaluations)];

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
                    Motion = recipe.Motion with { Height = 48 },
                    Solve = recipe.Solve with { FewestEvaluations = 5, MostEvaluations = 5 },
                    BatchSize = 2,
                },
            ],
        };
        FlowGraphs graphs = FlowEstimator.Build(recipe.Architecture);
        using var state = new TrainingState(recipe.Seed, recipe.Optimizer, graphs.Model.Weights, CPU);
        var step = new FlowTrainingStep(recipe, new EquilibriumNetwork(graphs.Model), state, null, CPU);

        Assert.Equal([3, 3, 5, 5], Enumerable.Range(0, 4).Select(number => SmallFlow.Make(step, state, number).Evaluations));
    }

    [Fact]
    public void Brings_the_flow_of_clips_that_it_sees_again_nearer_to_the_truth_than_the_guess()
    {
        FlowRecipe recipe = SmallFlow.Recipe(steps: 60);
        FlowGraphs graphs = FlowEstimator.Build(recipe.Architecture);
        using var state = new TrainingState(recipe.Seed, recipe.Optimizer, graphs.Model.Weights, CPU);
        var step = new FlowTrainingStep(recipe, new EquilibriumNetwork(graphs.Model), state, null, CPU);

        var reports = Enumerable.Range(0, 60).Select(_ => SmallFlow.Make(step, state, number: 0)).ToArray();

        Assert.True(reports[^1].EndpointError < 0.95 * reports[^1].GuessError, $"{reports[^1].EndpointError} pixels against {reports[^1].GuessError} of the guess.");
    }
}
