using Deq.Runtime.Trust;

namespace Deq.Runtime.Specs.Trust;

public sealed class DependenceTemperatureSpecs
{
    [Theory]
    [InlineData(0.3)]
    [InlineData(1)]
    [InlineData(1.8)]
    public void Is_recovered_from_scores_that_are_too_large_by_it(double temperature)
    {
        ScoredItem[] items = Drawn(4000, temperature);

        Assert.Equal(temperature, DependenceTemperature.Fit(items), 0.12 * temperature);
    }

    [Fact]
    public void The_mean_posterior_then_is_the_share_decided_rightly()
    {
        ScoredItem[] items = Drawn(2000, 0.4);
        double fitted = DependenceTemperature.Fit(items);

        double believed = items.Average(item => VoteWeights.Confidence(item.Scores, fitted));

        Assert.Equal(items.Average(item => item.IsRight ? 1.0 : 0), believed, 0.01);
    }

    [Theory]
    [InlineData(0.4)]
    [InlineData(1)]
    [InlineData(1.6)]
    public void Of_some_votes_lies_between_one_and_that_of_all(double temperature)
    {
        double[] byVotes = [.. Enumerable.Range(1, 5).Select(votes => DependenceTemperature.Of(temperature, votes, 5))];

        Assert.Equal(1, byVotes[0]);
        Assert.Equal(temperature, byVotes[4], 1e-12);
        Assert.Equal(temperature < 1 ? byVotes.OrderDescending() : byVotes.Order(), byVotes);
    }

    [Fact]
    public void A_handful_of_items_that_are_all_right_does_not_make_it_run_away()
    {
        ScoredItem[] items = [.. Enumerable.Range(0, 5).Select(_ => new ScoredItem([2, 0], 0, 0))];

        Assert.InRange(DependenceTemperature.Fit(items), 0.3, 4);
    }

    [Fact]
    public void The_loss_is_that_of_the_posterior()
    {
        double[] posterior = new double[3];
        VoteWeights.Posterior([1, 0.5, -2], 0.7, posterior);

        Assert.Equal(-Math.Log(posterior[1]), DependenceTemperature.Loss([new([1, 0.5, -2], 1, 0)], 0.7), 1e-12);
    }

    /// <summary>Truths drawn from the posterior softmax(T·scores).</summary>
    private static ScoredItem[] Drawn(int count, double temperature)
    {
        var random = new Random(61);
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            double[] scores = [.. Enumerable.Range(0, 3).Select(_ => 6 * (random.NextDouble() - 0.5) / temperature)];
            double[] posterior = new double[3];
            VoteWeights.Posterior(scores, temperature, posterior);
            double draw = random.NextDouble();
            return new ScoredItem(scores, draw < posterior[0] ? 0 : draw < posterior[0] + posterior[1] ? 1 : 2, 0);
        })];
    }
}
