namespace Deq.Runtime.Trust;

/// <summary>Trust in one source as a Beta distribution of its trustworthiness: what it got right and wrong, and what was assumed before.</summary>
/// <remarks>The mean is unbiased, E[p | trust] = trust, if the trustworthiness of sources really varies as the prior says.</remarks>
public sealed record BetaTrust
{
    private const double LeastStrength = 2;
    private const double MostStrength = 200;
    private const int LeastVotesOfASource = 5;

    /// <summary>Trust of given evidence.</summary>
    /// <param name="right">a, positive: right votes, with those that the prior stands for.</param>
    /// <param name="wrong">b, positive.</param>
    /// <exception cref="ArgumentOutOfRangeException">Not positive and finite.</exception>
    public BetaTrust(double right, double wrong)
    {
        (Right, Wrong) = (Positive(right, nameof(right)), Positive(wrong, nameof(wrong)));
    }

    /// <summary>a, positive.</summary>
    public double Right { get; }

    /// <summary>b, positive.</summary>
    public double Wrong { get; }

    /// <summary>τ = a / (a + b), in (0, 1).</summary>
    public double Mean => Math.Clamp(Right / (Right + Wrong), double.Epsilon, 1 - 1e-16);

    /// <summary>E|p − τ| = 2·a^a·b^b / (B(a, b)·(a + b)^(a + b + 1)).</summary>
    public double MeanAbsoluteDeviation => 2 * Math.Exp(
        (Right * Math.Log(Right)) + (Wrong * Math.Log(Wrong)) - IncompleteBeta.LogBeta(Right, Wrong)
        - ((Right + Wrong + 1) * Math.Log(Right + Wrong)));

    /// <summary>The trust after more votes.</summary>
    /// <param name="right">How many were right, at least 0.</param>
    /// <param name="wrong">How many were wrong, at least 0.</param>
    public BetaTrust Observe(double right, double wrong) => new(Right + right, Wrong + wrong);

    /// <summary>The trust when old evidence counts less, for sources that change: what exceeds the prior is multiplied by the share that is kept.</summary>
    /// <param name="kept">In [0, 1]; 0 forgets all but the prior.</param>
    /// <param name="prior">What was assumed before any evidence.</param>
    /// <exception cref="ArgumentOutOfRangeException">A share out of [0, 1].</exception>
    public BetaTrust Decay(double kept, BetaTrust prior)
    {
        ArgumentNullException.ThrowIfNull(prior);
        return kept is >= 0 and <= 1
            ? new(prior.Right + (kept * (Right - prior.Right)), prior.Wrong + (kept * (Wrong - prior.Wrong)))
            : throw new ArgumentOutOfRangeException(nameof(kept), kept, "The share kept lies in [0, 1].");
    }

    /// <summary>The central interval that holds the trustworthiness with the given probability.</summary>
    /// <param name="probability">In (0, 1). Default 0.95.</param>
    public (double Low, double High) Interval(double probability = 0.95) => probability is > 0 and < 1
        ? (IncompleteBeta.Quantile((1 - probability) / 2, Right, Wrong), IncompleteBeta.Quantile((1 + probability) / 2, Right, Wrong))
        : throw new ArgumentOutOfRangeException(nameof(probability), probability, "A probability of an interval lies in (0, 1).");

    /// <summary>
    /// The prior that fits how sources differ: the mean of their shares of right votes, and the strength by which their spread exceeds what chance
    /// alone would give, in [2, 200]. Takes sources with at least five votes; with fewer than three of them, the share of all votes at strength 4.
    /// </summary>
    /// <param name="sources">Right votes and all votes of every source.</param>
    public static BetaTrust PriorByMoments(IReadOnlyList<(double Right, double Votes)> sources)
    {
        ArgumentNullException.ThrowIfNull(sources);
        (double Right, double Votes)[] measured = [.. sources.Where(source => source.Votes >= LeastVotesOfASource)];
        if (measured.Length < 3)
        {
            double share = (sources.Sum(source => source.Right) + 1) / (sources.Sum(source => source.Votes) + 2);
            return new(4 * share, 4 * (1 - share));
        }

        double mean = Math.Clamp(measured.Average(source => source.Right / source.Votes), 0.01, 0.99);
        double spread = measured.Sum(source => Math.Pow((source.Right / source.Votes) - mean, 2)) / (measured.Length - 1);
        double between = spread - measured.Average(source => mean * (1 - mean) / source.Votes);
        double strength = between > 0 ? Math.Clamp((mean * (1 - mean) / between) - 1, LeastStrength, MostStrength) : MostStrength;
        return new(mean * strength, (1 - mean) * strength);
    }

    private static double Positive(double value, string name) => value > 0 && double.IsFinite(value)
        ? value
        : throw new ArgumentOutOfRangeException(name, value, "Evidence of a Beta distribution is positive and finite.");
}
