using Deq.Export.Recipes;
using Deq.Export.Specs.Recipes;
using Deq.Export.Training;
using static TorchSharp.torch;

namespace Deq.Export.Specs.Training;

public sealed class StepDrawsSpecs
{
    [Theory]
    [InlineData("zeros", 5)]
    [InlineData("mixed", 3)]
    [InlineData("noise", 0)]
    public void Start_as_many_rows_at_zero_as_the_recipe_says(string start, int expected)
    {
        using IDisposable scope = NewDisposeScope();
        using var draws = new StepDraws(Recipe(new SolverRecipe { Start = start }), step: 4);

        Tensor drawn = draws.Start(rows: 5, width: 40, zeros(1));

        double[] lengths = [.. Enumerable.Range(0, 5).Select(row => (double)drawn[row].norm().item<float>())];
        Assert.Equal(expected, lengths.Count(length => length == 0));
        Assert.All(lengths.Skip(expected), length => Assert.InRange(length, 3, 10));
    }

    [Fact]
    public void Spend_every_budget_from_the_least_to_the_most()
    {
        TrainingRecipe recipe = Recipe(new SolverRecipe { MinEvaluations = 3, MaxEvaluations = 6 });

        int[] budgets = [.. Enumerable.Range(0, 100).Select(step => Budget(recipe, step))];

        Assert.Equal([3, 4, 5, 6], budgets.Distinct().Order());
        Assert.Equal(12, Budget(Recipe(new SolverRecipe { MaxEvaluations = 12 }), step: 1));
    }

    [Fact]
    public void Hide_the_share_asked_for_and_keep_the_mean()
    {
        using IDisposable scope = NewDisposeScope();
        TrainingRecipe recipe = Recipe(new SolverRecipe());
        recipe = recipe with { Training = recipe.Training with { Dropout = 0.25 } };
        using var draws = new StepDraws(recipe, step: 0);
        using var none = new StepDraws(Recipe(new SolverRecipe()), step: 0);

        Tensor mask = draws.Mask(zeros(20, 500))!;

        Assert.Equal(0.25, mask.eq(0).to(ScalarType.Float64).mean().item<double>(), 0.02);
        Assert.Equal(1, mask.mean().item<float>(), 0.02);
        Assert.Null(none.Mask(zeros(20, 500)));
    }

    [Fact]
    public void Are_the_same_for_the_same_step_and_others_for_another()
    {
        using IDisposable scope = NewDisposeScope();
        TrainingRecipe recipe = Recipe(new SolverRecipe { Start = "noise" });

        float[] first = Noise(recipe, step: 7);

        Assert.Equal(first, Noise(recipe, step: 7));
        Assert.NotEqual(first, Noise(recipe, step: 8));
    }

    private static TrainingRecipe Recipe(SolverRecipe solver) => SmallRecipe.Read(SmallRecipe.Json()) with { Solver = solver };

    private static int Budget(TrainingRecipe recipe, int step)
    {
        using var draws = new StepDraws(recipe, step);
        return draws.Budget();
    }

    private static float[] Noise(TrainingRecipe recipe, int step)
    {
        using var draws = new StepDraws(recipe, step);
        return draws.Start(rows: 2, width: 8, zeros(1)).data<float>().ToArray();
    }
}
