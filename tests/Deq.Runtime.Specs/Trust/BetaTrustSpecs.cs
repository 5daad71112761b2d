using Deq.Runtime.Trust;
using Deq.Testing.Trust;

namespace Deq.Runtime.Specs.Trust;

public sealed class BetaTrustSpecs
{
    [Fact]
    public void Counts_what_it_observes()
    {
        BetaTrust trust = new BetaTrust(4, 2).Observe(right: 1, wrong: 1).Observe(right: 3, wrong: 1);

        Assert.Equal((8, 4), (trust.Right, trust.Wrong));
        Assert.Equal(8.0 / 12, trust.Mean, 1e-15);
    }

    [Fact]
    public void Decays_toward_its_prior()
    {
        var prior = new BetaTrust(4, 2);
        BetaTrust trust = prior.Observe(right: 10, wrong: 30);

        Assert.Equal(prior.Observe(right: 5, wrong: 15), trust.Decay(0.5, prior));
        Assert.Equal(prior, trust.Decay(0, prior));
        Assert.Equal(trust, trust.Decay(1, prior));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(4, 2)]
    [InlineData(0.6, 3)]
    [InlineData(120, 30)]
    public void Moments_are_those_of_its_draws(double right, double wrong)
    {
        var trust = new BetaTrust(right, wrong);
        var random = new Random(21);
        double[] draws = [.. Enumerable.Range(0, 100_000).Select(_ => trust.Draw(random))];
        double deviation = Math.Sqrt(draws.Average(draw => Math.Pow(draw - trust.Mean, 2)));
        double tolerance = 5 * deviation / Math.Sqrt(draws.Length);

        Assert.Equal(trust.Mean, draws.Average(), tolerance);
        Assert.Equal(trust.MeanAbsoluteDeviation, draws.Average(draw => Math.Abs(draw - trust.Mean)), tolerance);
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.95)]
    public void The_interval_holds_its_share_of_draws(double probability)
    {
        var trust = new BetaTrust(7, 3);
        var random = new Random(22);

        (double low, double high) = trust.Interval(probability);

        double inside = Enumerable.Range(0, 50_000).Average(_ => trust.Draw(random) is double draw && draw > low && draw < high ? 1.0 : 0);
        Assert.Equal(probability, inside, 0.01);
    }

    [Fact]
    public void The_interval_of_a_known_distribution_is_exact()
    {
        (double low, double high) = new BetaTrust(1, 1).Interval(0.9);
        (double ofSquare, _) = new BetaTrust(2, 1).Interval(0.5);

        Assert.Equal((0.05, 0.95), (Math.Round(low, 10), Math.Round(high, 10)));
        Assert.Equal(Math.Sqrt(0.25), ofSquare, 1e-10);
    }

    [Theory]
    [InlineData(1e5, 1e5)]
    [InlineData(1e6, 1e6)]
    [InlineData(1e6, 1e9)]
    [InlineData(1e9, 1e9)]
    public void The_interval_of_many_votes_is_that_of_the_normal_distribution(double right, double wrong)
    {
        var trust = new BetaTrust(right, wrong);
        double deviation = Math.Sqrt(trust.Mean * (1 - trust.Mean) / (right + wrong + 1));

        (double low, double high) = trust.Interval();

        // The skewness moves the ends by less than a hundredth of a deviation from 1e5 votes on.
        Assert.Equal(-1.959964, (low - trust.Mean) / deviation, 0.01);
        Assert.Equal(1.959964, (high - trust.Mean) / deviation, 0.01);
    }

    [Fact]
    public void The_prior_is_recovered_from_what_sources_got_right()
    {
        var truth = new BetaTrust(12, 4);
        var random = new Random(23);
        (double, double)[] sources = [.. Enumerable.Range(0, 3000).Select(_ =>
        {
            double p = truth.Draw(random);
            return ((double)Enumerable.Range(0, 30).Count(_ => random.NextDouble() < p), 30.0);
        })];

        var prior = BetaTrust.PriorByMoments(sources);

        Assert.Equal(truth.Mean, prior.Mean, 0.01);
        Assert.InRange(prior.Right + prior.Wrong, 13, 19);
    }

    [Fact]
    public void Sources_that_do_not_differ_give_a_strong_prior()
    {
        (double, double)[] sources = [.. Enumerable.Repeat((7.0, 10.0), 20)];

        var prior = BetaTrust.PriorByMoments(sources);

        Assert.Equal((200, 0.7), (prior.Right + prior.Wrong, Math.Round(prior.Mean, 12)));
    }

    [Fact]
    public void Evidence_that_is_not_positive_is_refused() => Assert.Throws<ArgumentOutOfRangeException>(() => new BetaTrust(0, 1));
}
