using Deq.Runtime.Trust;
using Deq.Testing.Trust;

namespace Deq.Benchmarks.Trust;

/// <summary>Believed against actual accuracy, and the gap to the best weights, for sources seen k times each.</summary>
internal sealed record CorrectnessRow
{
    public required int Sources { get; init; }

    public required int Observations { get; init; }

    public required double Unbiased { get; init; }

    public required double UnbiasedError { get; init; }

    public required double MeanAbsolute { get; init; }

    public required double MaximumLikelihood { get; init; }

    public required double TooSure { get; init; }

    public required double Accuracy { get; init; }

    public required double Gap { get; init; }

    public required double GapBound { get; init; }
}

/// <summary>How far the path-wise bounds of the gap hold.</summary>
internal sealed record BoundRow(long Draws, long BelowZero, long AboveTotal, long AbovePivotal, double LargestShareOfTotal);

/// <summary>The largest differences between ways to compute one accuracy.</summary>
internal sealed record AgreementRow(string Compared, int Cases, double LargestDifference);

/// <summary>What is drawn: trustworthiness of Beta(4, 2), k observations of each source.</summary>
internal static class TrustDraws
{
    private static readonly BetaTrust s_prior = new(4, 2);

    public static CorrectnessRow Correctness(int sources, int observations, int draws)
    {
        var random = new Random((1000 * sources) + observations);
        (double sum, double squares, double absolute, double likelihood, double tooSure, double accuracy, double gap, double bound) = (0, 0, 0, 0, 0, 0, 0, 0);
        for (int draw = 0; draw < draws; draw++)
        {
            double[] p = [.. Enumerable.Range(0, sources).Select(_ => Math.Clamp(s_prior.Draw(random), 1e-9, 1 - 1e-9))];
            int[] right = [.. p.Select(one => Enumerable.Range(0, observations).Count(_ => random.NextDouble() < one))];
            BetaTrust[] trust = [.. right.Select(count => s_prior.Observe(count, observations - count))];
            double[] means = [.. trust.Select(source => source.Mean)];
            double believed = DecisionAccuracy.Believed(means).Value;
            double difference = VoteStability.Correctness(means, p);
            sum += difference;
            squares += difference * difference;
            absolute += Math.Abs(difference);
            likelihood += VoteStability.Correctness([.. right.Select(count => Math.Clamp((double)count / observations, 1.0 / (observations + 2), 1 - (1.0 / (observations + 2))))], p);
            tooSure += VoteStability.Correctness([.. means.Select(tau => 1 / (1 + Math.Exp(-(Math.Log(tau / (1 - tau)) + 0.5))))], p);
            accuracy += believed - difference;
            gap += VoteStability.Optimality(means, p);
            bound += VoteStability.ExpectedBound(trust, believed);
        }

        return new CorrectnessRow
        {
            Sources = sources,
            Observations = observations,
            Unbiased = sum / draws,
            UnbiasedError = Math.Sqrt(((squares / draws) - Math.Pow(sum / draws, 2)) / draws),
            MeanAbsolute = absolute / draws,
            MaximumLikelihood = likelihood / draws,
            TooSure = tooSure / draws,
            Accuracy = accuracy / draws,
            Gap = gap / draws,
            GapBound = bound / draws,
        };
    }

    /// <summary>Trust and trustworthiness drawn independently, 1 to 7 sources.</summary>
    public static BoundRow Bounds(long draws)
    {
        var random = new Random(5);
        (long belowZero, long aboveTotal, long abovePivotal, double share) = (0, 0, 0, 0);
        for (long draw = 0; draw < draws; draw++)
        {
            int sources = 1 + random.Next(7);
            double[] p = Within(random, sources);
            double[] trust = random.Next(2) == 0 ? Within(random, sources) : [.. p.Select(one => Math.Clamp(one + (0.2 * (random.NextDouble() - 0.5)), 0.001, 0.999))];
            double gap = VoteStability.Optimality(trust, p);
            double total = VoteStability.PathwiseBound(trust, p);
            belowZero += gap < -1e-12 ? 1 : 0;
            aboveTotal += gap > total + 1e-12 ? 1 : 0;
            abovePivotal += gap > VoteStability.PivotalBound(trust, p) + 1e-12 ? 1 : 0;
            share = Math.Max(share, gap / total);
        }

        return new(draws, belowZero, aboveTotal, abovePivotal, share);
    }

    public static IEnumerable<AgreementRow> Agreement()
    {
        var random = new Random(6);
        double[] ofBruteForce = [.. Enumerable.Range(0, 400).Select(i =>
        {
            double[] p = Within(random, 1 + (i % 14));
            double[] w = [.. p.Select(_ => (4 * random.NextDouble()) - 2)];
            return Math.Abs(BruteForce(p, w) - DecisionAccuracy.Of(p, w).Value);
        })];
        yield return new("enumeration, brute force; 1 to 14 sources", ofBruteForce.Length, ofBruteForce.Max());

        // Sources that are always right and always wrong at equal weight cancel: the same vote by enumeration and, of more than 22 sources, by the programme.
        double[] ofProgramme = [.. Enumerable.Range(0, 100).Select(_ =>
        {
            double[] p = Within(random, 20);
            double[] w = [4096, .. Enumerable.Range(0, 19).Select(_ => (double)random.Next(1, 4097))];
            double[] coins = [.. Enumerable.Repeat(0.5, 3)];
            double[] tiny = [1, 1, 1];
            double withCoins = Enumerable.Range(0, 8).Average(pattern => Shifted(p, w, Enumerable.Range(0, 3).Sum(bit => (pattern >> bit & 1) != 0 ? 1 : -1)));
            return Math.Abs(withCoins - DecisionAccuracy.Of([.. p, .. coins], [.. w, .. tiny]).Value);
        })];
        yield return new("enumeration, dynamic programme; 23 sources, weights on its grid", ofProgramme.Length, ofProgramme.Max());
    }

    /// <summary>The accuracy when a vote of known weight is added: a source that is always right.</summary>
    private static double Shifted(double[] p, double[] w, double by) => DecisionAccuracy.Of([.. p, 1], [.. w, by]).Value;

    private static double BruteForce(double[] p, double[] w)
    {
        double accuracy = 0;
        for (int pattern = 0; pattern < 1 << p.Length; pattern++)
        {
            double share = 1;
            double sum = 0;
            for (int i = 0; i < p.Length; i++)
            {
                bool right = (pattern >> i & 1) != 0;
                share *= right ? p[i] : 1 - p[i];
                sum += right ? w[i] : -w[i];
            }

            accuracy += sum > 0 ? share : 0;
        }

        return accuracy;
    }

    private static double[] Within(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => 0.001 + (0.998 * random.NextDouble()))];
}
