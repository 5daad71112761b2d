namespace Deq.Runtime.Trust;

/// <summary>How often a weighted vote among K labels is right, where a wrong vote falls on each wrong label alike.</summary>
/// <remarks>
/// Wrong labels are interchangeable, so that votes are enumerated by who agrees with whom: 4.2 million ways at ten sources, whatever K is.
/// </remarks>
public static class ClassAccuracy
{
    /// <summary>The most sources whose votes are enumerated for K above 2.</summary>
    public const int MostEnumerated = 10;

    private const int Draws = 100_000;
    private const double TieShare = 1e-12;

    /// <summary>The accuracy of the vote with these weights. Exact, but for more than ten sources of three labels or more: drawn, with a 99 % interval.</summary>
    /// <param name="trustworthiness">p, each in [0, 1].</param>
    /// <param name="weights">w, as many.</param>
    /// <param name="classes">K, at least 2.</param>
    public static AccuracyInterval Of(ReadOnlySpan<double> trustworthiness, ReadOnlySpan<double> weights, int classes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 2);
        if (classes == 2)
        {
            return DecisionAccuracy.Of(trustworthiness, weights);
        }

        if (trustworthiness.Length != weights.Length)
        {
            throw new ArgumentException($"There are {trustworthiness.Length} probabilities and {weights.Length} weights.", nameof(weights));
        }

        if (trustworthiness.Length > MostEnumerated)
        {
            return Drawn(trustworthiness, weights, classes, new Random(1));
        }

        double value = new Enumeration(trustworthiness.ToArray(), weights.ToArray(), classes).Accuracy();
        return new AccuracyInterval(value, value, value);
    }

    /// <summary>The accuracy that the vote with log-odds weights has if the trust is right.</summary>
    /// <param name="trust">τ, each in (0, 1).</param>
    /// <param name="classes">K, at least 2.</param>
    public static AccuracyInterval Believed(ReadOnlySpan<double> trust, int classes)
    {
        double[] weights = new double[trust.Length];
        VoteWeights.Fill(trust, classes, weights);
        return Of(trust, weights, classes);
    }

    private static AccuracyInterval Drawn(ReadOnlySpan<double> p, ReadOnlySpan<double> weights, int classes, Random random)
    {
        double[] scores = new double[classes];
        double right = 0;
        for (int draw = 0; draw < Draws; draw++)
        {
            Array.Clear(scores);
            for (int i = 0; i < p.Length; i++)
            {
                scores[random.NextDouble() < p[i] ? 0 : 1 + random.Next(classes - 1)] += weights[i];
            }

            right += ShareOfFirst(scores, classes, classes);
        }

        return Wilson(right / Draws, Draws);
    }

    /// <summary>The score interval of a share, at 99 %.</summary>
    private static AccuracyInterval Wilson(double share, double count)
    {
        const double z = 2.5758293035489;
        double centre = (share + (z * z / (2 * count))) / (1 + (z * z / count));
        double half = z * Math.Sqrt((share * (1 - share) / count) + (z * z / (4 * count * count))) / (1 + (z * z / count));
        return new AccuracyInterval(share, centre - half, centre + half);
    }

    /// <summary>1 where the first label alone has the largest score, its share where others tie with it, else 0.</summary>
    /// <param name="scores">The scores of the labels that have votes, the true one first.</param>
    /// <param name="seen">How many these are.</param>
    /// <param name="classes">K; the labels without votes score 0.</param>
    private static double ShareOfFirst(ReadOnlySpan<double> scores, int seen, int classes)
    {
        double tie = 0;
        for (int k = 0; k < seen; k++)
        {
            tie = Math.Max(tie, TieShare * Math.Abs(scores[k]));
        }

        int tied = classes - seen;
        if (tied > 0 && scores[0] < -tie)
        {
            return 0;
        }

        tied = scores[0] <= tie ? 1 + tied : 1;
        for (int k = 1; k < seen; k++)
        {
            if (scores[k] > scores[0] + tie)
            {
                return 0;
            }

            tied += scores[k] >= scores[0] - tie ? 1 : 0;
        }

        return 1.0 / tied;
    }

    private sealed class Enumeration(double[] p, double[] weights, int classes)
    {
        private readonly double[] _scores = new double[Math.Min(classes, p.Length + 1)];

        public double Accuracy() => Math.Min(1, From(source: 0, seen: 1, share: 1));

        private double From(int source, int seen, double share)
        {
            if (share == 0)
            {
                return 0;
            }

            if (source == p.Length)
            {
                return share * ShareOfFirst(_scores, seen, classes);
            }

            double accuracy = With(0, source, seen, share * p[source]);
            double each = share * (1 - p[source]) / (classes - 1);
            for (int label = 1; label < seen; label++)
            {
                accuracy += With(label, source, seen, each);
            }

            return seen < classes ? accuracy + With(seen, source, seen + 1, each * (classes - seen)) : accuracy;
        }

        private double With(int label, int source, int seen, double share)
        {
            double before = _scores[label];
            _scores[label] += weights[source];
            double accuracy = From(source + 1, seen, share);
            _scores[label] = before;
            return accuracy;
        }
    }
}
