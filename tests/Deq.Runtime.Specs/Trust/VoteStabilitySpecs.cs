using Deq.Runtime.Trust;
using Deq.Testing.Trust;

namespace Deq.Runtime.Specs.Trust;

public sealed class VoteStabilitySpecs
{
    private static readonly BetaTrust Prior = new(4, 2);

    [Theory]
    [InlineData(3, 5)]
    [InlineData(5, 1)]
    [InlineData(5, 20)]
    public void Unbiased_trust_is_right_on_average_and_biased_trust_is_not(int sources, int observations)
    {
        const int draws = 20_000;
        var random = new Random(11);
        (double sum, double squares, double biased) = (0, 0, 0);
        for (int draw = 0; draw < draws; draw++)
        {
            (double[] p, BetaTrust[] trust) = Observed(random, sources, observations);
            double[] means = [.. trust.Select(source => source.Mean)];
            double[] tooSure = [.. means.Select(tau => 1 / (1 + Math.Exp(-(Math.Log(tau / (1 - tau)) + 0.5))))];

            double difference = VoteStability.Correctness(means, p);

            sum += difference;
            squares += difference * difference;
            biased += VoteStability.Correctness(tooSure, p);
        }

        double mean = sum / draws;
        double error = Math.Sqrt(((squares / draws) - (mean * mean)) / draws);
        Assert.InRange(Math.Abs(mean), 0, 4 * error);
        Assert.InRange(error, 0, 0.001);
        Assert.InRange(biased / draws, 0.03, 1);
    }

    [Fact]
    public void The_gap_is_never_negative_and_never_above_either_pathwise_bound()
    {
        var random = new Random(12);
        for (int draw = 0; draw < 5000; draw++)
        {
            int sources = 1 + random.Next(7);
            double[] p = Sources.Draw(random, sources, 0.01, 0.99);
            double[] trust = Sources.Draw(random, sources, 0.01, 0.99);

            double gap = VoteStability.Optimality(trust, p);
            double pivotal = VoteStability.PivotalBound(trust, p);

            Assert.InRange(gap, -1e-12, pivotal + 1e-12);
            Assert.InRange(pivotal, 0, VoteStability.PathwiseBound(trust, p) + 1e-12);
        }
    }

    [Fact]
    public void The_expected_gap_is_within_its_bound_and_falls_with_evidence()
    {
        var random = new Random(13);
        double[] gaps = [.. new[] { 1, 5, 20, 100 }.Select(observations =>
        {
            double sum = 0;
            for (int draw = 0; draw < 200; draw++)
            {
                (_, BetaTrust[] trust) = Observed(random, 5, observations);
                double believed = DecisionAccuracy.Believed([.. trust.Select(source => source.Mean)]).Value;
                double[] drawn = [.. Enumerable.Range(0, 100).Select(_ => DecisionAccuracy.Believed(Drawn(random, trust)).Value - believed)];
                double gap = drawn.Average();
                double error = Math.Sqrt(drawn.Average(one => Math.Pow(one - gap, 2)) / 99);
                Assert.InRange(gap, -4 * error, VoteStability.ExpectedBound(trust, believed) + (4 * error));
                sum += gap / 200;
            }

            return sum;
        })];

        Assert.Equal(gaps.OrderDescending(), gaps);
        Assert.InRange(gaps[3], 0, gaps[0] / 8);
    }

    private static (double[] Trustworthiness, BetaTrust[] Trust) Observed(Random random, int sources, int observations)
    {
        double[] p = Drawn(random, Enumerable.Repeat(Prior, sources));
        return (p, [.. p.Select(one =>
        {
            int right = Enumerable.Range(0, observations).Count(_ => random.NextDouble() < one);
            return Prior.Observe(right, observations - right);
        })]);
    }

    private static double[] Drawn(Random random, IEnumerable<BetaTrust> trust) => [.. trust.Select(source => Math.Clamp(source.Draw(random), 1e-9, 1 - 1e-9))];
}
