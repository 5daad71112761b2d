using Deq.Runtime.Trust;

namespace Deq.Runtime.Specs.Trust;

public sealed class SourceSubsetSpecs
{
    [Fact]
    public void The_cheapest_of_all_that_reach_the_accuracy_is_chosen()
    {
        var random = new Random(41);
        for (int trial = 0; trial < 20; trial++)
        {
            double[] trust = Sources.Draw(random, 6);
            double[] costs = [.. trust.Select(_ => random.NextDouble())];
            double target = 0.5 + (0.45 * random.NextDouble());
            (double Believed, double Cost)[] all = [.. Enumerable.Range(1, 63).Select(mask =>
            {
                int[] chosen = [.. Enumerable.Range(0, 6).Where(i => (mask >> i & 1) != 0)];
                double[] own = [.. chosen.Select(i => trust[i])];
                return (Sources.BruteForce(own, Sources.LogOdds(own)), chosen.Sum(i => costs[i]));
            })];

            var subset = SourceSubset.Cheapest(trust, costs, 2, target);

            double[] reaching = [.. all.Where(one => one.Believed >= target).Select(one => one.Cost)];
            Assert.Equal(reaching.Length > 0, subset.Reaches);
            Assert.Equal(reaching.Length > 0 ? reaching.Min() : subset.Cost, subset.Cost, 1e-9);
            Assert.True(subset.Reaches || Math.Abs(subset.Believed - all.Max(one => one.Believed)) < 1e-9);
        }
    }

    [Fact]
    public void The_smallest_of_many_sources_takes_the_most_telling_ones()
    {
        double[] trust = [.. Enumerable.Repeat(0.6, 20), 0.9, 0.9, 0.08];

        var subset = SourceSubset.Smallest(trust, 2, 0.96);

        Assert.True(subset.Reaches);
        Assert.Equal([20, 21, 22], subset.Sources);
    }

    [Fact]
    public void Where_none_reaches_it_the_best_possible_is_named()
    {
        var subset = SourceSubset.Smallest([0.6, 0.7, 0.55], 10, 0.999);

        Assert.False(subset.Reaches);
        Assert.Equal(ClassAccuracy.Believed([0.6, 0.7, 0.55], 10).Value, subset.Believed, 1e-9);
    }

    [Fact]
    public void Costs_below_zero_are_refused() => Assert.Throws<ArgumentException>(() => SourceSubset.Cheapest([0.6], [-1], 2, 0.9));
}
