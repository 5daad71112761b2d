using Deq.Export.Recipes;
using Deq.Export.Solving;
using Deq.Runtime.FixedPoints;
using static TorchSharp.torch;

namespace Deq.Export.Specs.Solving;

public sealed class TrajectorySpecs
{
    [Fact]
    public void Holds_the_states_after_the_chosen_evaluations_and_the_solution_of_rows_that_had_left()
    {
        using IDisposable scope = NewDisposeScope();
        Tensor x = tensor(new[] { 0.0, 1.0, 0.0, 2.0 }, [4, 1]);
        Tensor start = zeros_like(x);
        var way = new Trajectory([1, 3], start);
        using var solver = new TorchSolver(4, 1, new PicardIteration(), Evaluate, ScalarType.Float64);

        TorchSolution solution = solver.Solve(start, RowGrant.Of(1e-9, 5), x, arange(4));
        Tensor[] states = way.States(solution.State);

        Assert.Equal([0.0, 1.0, 0.0, 2.0], states[0].data<double>().ToArray());
        Assert.Equal([0.0, 1.75, 0.0, 3.5], states[1].data<double>().ToArray());
        Assert.Equal([1, 5, 1, 5], solution.Rows.Select(row => row.Evaluations));

        Tensor Evaluate(Tensor z, IReadOnlyList<Tensor> sideInputs)
        {
            Tensor mapped = (z * 0.5) + sideInputs[0];
            way.See(mapped, sideInputs[1]);
            return mapped;
        }
    }

    [Theory]
    [InlineData(1, 12, new[] { 6 })]
    [InlineData(3, 12, new[] { 3, 6, 9 })]
    [InlineData(3, 2, new[] { 1, 1, 1 })]
    public void Is_spaced_evenly_before_the_last_evaluation(int states, int budget, int[] expected) =>
        Assert.Equal(expected, Trajectory.Spaced(states, budget));

    [Theory]
    [InlineData("exponential", new[] { 0.25, 0.5 })]
    [InlineData("linear", new[] { 2.0 / 3, 5.0 / 6 })]
    [InlineData("constant", new[] { 0.5, 0.5 })]
    public void Weighs_its_losses_as_the_recipe_says(string weights, double[] expected)
    {
        var recipe = new CorrectionRecipe { States = 2, Weights = weights, Gamma = 0.5 };

        Assert.All(expected.Select((weight, i) => (weight, recipe.WeightAt(i + 1))), pair => Assert.Equal(pair.Item1, pair.Item2, 1e-12));
    }
}
