using Deq.Export.Recipes;
using Deq.Export.Training;

namespace Deq.Export.Specs.Training;

public sealed class LearningRateSpecs
{
    public static TheoryData<string> Kinds => [.. LearningRate.Kinds];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Stays_within_zero_and_one_and_never_jumps(string kind)
    {
        var recipe = new ScheduleRecipe { Kind = kind, WarmUpShare = 0.2, FinalFactor = 0.01 };

        double[] factors = [.. Enumerable.Range(0, 1001).Select(i => LearningRate.Factor(recipe, i / 100.0, epochs: 10))];

        Assert.All(factors, factor => Assert.InRange(factor, 0, 1));
        Assert.All(factors.Zip(factors.Skip(1)), pair => Assert.Equal(pair.First, pair.Second, 0.01));
        Assert.Equal(1, factors.Max(), 1e-9);
    }

    [Theory]
    [InlineData("one-cycle", 0.04)]
    [InlineData("cosine", 0)]
    public void Rises_to_the_recipes_rate_and_falls_to_its_final_share(string kind, double start)
    {
        var recipe = new ScheduleRecipe { Kind = kind, WarmUpShare = 0.25, FinalFactor = 0.02 };

        double[] factors = [.. new[] { 0.0, 2, 8 }.Select(done => LearningRate.Factor(recipe, done, epochs: 8))];

        Assert.Equal(start, factors[0], 1e-9);
        Assert.Equal(1, factors[1], 1e-9);
        Assert.Equal(0.02, factors[2], 1e-9);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Starts_over_lower_after_the_epoch_of_its_restart(string kind)
    {
        var once = new ScheduleRecipe { Kind = kind };
        ScheduleRecipe twice = once with { RestartAfterEpoch = 6, RestartFactor = 0.4 };

        double[] before = [.. new[] { 0.0, 1.5, 5.9 }.Select(done => LearningRate.Factor(twice, done, epochs: 10))];
        double[] after = [.. new[] { 6.0, 7, 10 }.Select(done => LearningRate.Factor(twice, done, epochs: 10))];

        Assert.Equal(new[] { 0.0, 1.5, 5.9 }.Select(done => LearningRate.Factor(once, done, epochs: 6)), before);
        Assert.Equal(new[] { 0.0, 1, 4 }.Select(done => 0.4 * LearningRate.Factor(once, done, epochs: 4)), after);
    }
}
