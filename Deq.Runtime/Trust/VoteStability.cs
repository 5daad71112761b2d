namespace Deq.Runtime.Trust;

/// <summary>What it costs that votes between two labels are weighted by trust instead of trustworthiness.</summary>
/// <remarks>
/// Source: Bai, Wang, Muller, Cheng, Chen, AAMAS 2024. With unbiased trust, <see cref="Correctness"/> is zero on average; <see cref="Optimality"/>
/// is never negative, and bounded.
/// </remarks>
public static class VoteStability
{
    /// <summary>Stability of correctness: believed accuracy minus actual accuracy, B(τ) − A(p; w(τ)).</summary>
    /// <param name="trust">τ, each in (0, 1).</param>
    /// <param name="trustworthiness">p, as many, each in [0, 1].</param>
    public static double Correctness(ReadOnlySpan<double> trust, ReadOnlySpan<double> trustworthiness) =>
        DecisionAccuracy.Believed(trust).Value - Actual(trust, trustworthiness);

    /// <summary>Stability of optimality: the gap A(p; w(p)) − A(p; w(τ)), at least 0.</summary>
    /// <param name="trust">τ, each in (0, 1).</param>
    /// <param name="trustworthiness">p, as many, each in (0, 1).</param>
    public static double Optimality(ReadOnlySpan<double> trust, ReadOnlySpan<double> trustworthiness) =>
        DecisionAccuracy.Believed(trustworthiness).Value - Actual(trust, trustworthiness);

    /// <summary>A bound of the gap for known p: 2·Σ|p_i − τ_i|.</summary>
    /// <param name="trust">τ.</param>
    /// <param name="trustworthiness">p, as many.</param>
    public static double PathwiseBound(ReadOnlySpan<double> trust, ReadOnlySpan<double> trustworthiness)
    {
        double sum = 0;
        for (int i = 0; i < trust.Length; i++)
        {
            sum += Math.Abs(trust[i] - trustworthiness[i]);
        }

        return 2 * sum;
    }

    /// <summary>The closer bound, Σ|p_i − τ_i|·(Piv_i + Piv_i'): each source counts as far as it is pivotal under the weights of p and of τ.</summary>
    /// <remarks>Sources change from τ to p one after another; the pivotality of each is taken where it changes.</remarks>
    /// <param name="trust">τ, each in (0, 1).</param>
    /// <param name="trustworthiness">p, as many, each in (0, 1).</param>
    public static double PivotalBound(ReadOnlySpan<double> trust, ReadOnlySpan<double> trustworthiness)
    {
        double[] ofTrust = new double[trust.Length];
        double[] ofTruth = new double[trust.Length];
        VoteWeights.Fill(trust, 2, ofTrust);
        VoteWeights.Fill(trustworthiness, 2, ofTruth);
        double[] between = trust.ToArray();
        double bound = 0;
        for (int i = 0; i < between.Length; i++)
        {
            double pivotal = Math.Abs(DecisionAccuracy.Pivotality(between, ofTruth, i)) + Math.Abs(DecisionAccuracy.Pivotality(between, ofTrust, i));
            bound += Math.Abs(trustworthiness[i] - trust[i]) * pivotal;
            between[i] = trustworthiness[i];
        }

        return bound;
    }

    /// <summary>A bound of the expected gap given the trust: the smaller of 2·ΣE|p_i − τ_i| and 1 − B(τ).</summary>
    /// <param name="trust">What is known of each source.</param>
    public static double ExpectedBound(IReadOnlyList<BetaTrust> trust)
    {
        ArgumentNullException.ThrowIfNull(trust);
        double believed = DecisionAccuracy.Believed(trust.Select(source => source.Mean).ToArray()).Low;
        return ExpectedBound(trust, believed);
    }

    /// <summary>The bound of the expected gap where the believed accuracy is known already, with any number of labels.</summary>
    /// <param name="trust">What is known of each source.</param>
    /// <param name="believed">B, in [0, 1].</param>
    public static double ExpectedBound(IEnumerable<BetaTrust> trust, double believed) =>
        Math.Min(2 * trust.Sum(source => source.MeanAbsoluteDeviation), 1 - believed);

    /// <summary>The expected gap given the trust, E[B(P)] − B(τ), by drawing the trustworthiness; and its standard error.</summary>
    /// <param name="trust">What is known of each source.</param>
    /// <param name="draws">At least 2.</param>
    /// <param name="random">Seeded by its owner.</param>
    public static (double Gap, double Error) ExpectedGap(IReadOnlyList<BetaTrust> trust, int draws, Random random)
    {
        ArgumentNullException.ThrowIfNull(trust);
        ArgumentOutOfRangeException.ThrowIfLessThan(draws, 2);
        double believed = DecisionAccuracy.Believed(trust.Select(source => source.Mean).ToArray()).Value;
        double[] drawn = new double[trust.Count];
        (double sum, double squares) = (0, 0);
        for (int draw = 0; draw < draws; draw++)
        {
            for (int i = 0; i < drawn.Length; i++)
            {
                drawn[i] = Math.Clamp(trust[i].Draw(random), 1e-12, 1 - 1e-12);
            }

            double gap = DecisionAccuracy.Believed(drawn).Value - believed;
            sum += gap;
            squares += gap * gap;
        }

        double mean = sum / draws;
        return (mean, Math.Sqrt(Math.Max(0, (squares / draws) - (mean * mean)) / (draws - 1)));
    }

    /// <summary>Bounds of the error 1 − A(p; w(p)) of the best vote, from the committee's potential Φ = Σ(p_i − ½)·ln(p_i/(1 − p_i)) alone.</summary>
    /// <remarks>Source: Berend and Kontorovich, "Consistency of weighted majority votes", arXiv:1312.0451.</remarks>
    /// <param name="trustworthiness">p, each in (0, 1).</param>
    public static (double Low, double High) ErrorBounds(ReadOnlySpan<double> trustworthiness)
    {
        double potential = 0;
        foreach (double p in trustworthiness)
        {
            potential += (p - 0.5) * VoteWeights.Of(p, 2);
        }

        return (0.75 / (1 + Math.Exp((2 * potential) + (4 * Math.Sqrt(potential)))), Math.Exp(-potential / 2));
    }

    private static double Actual(ReadOnlySpan<double> trust, ReadOnlySpan<double> trustworthiness)
    {
        Span<double> weights = trust.Length <= 128 ? stackalloc double[trust.Length] : new double[trust.Length];
        VoteWeights.Fill(trust, 2, weights);
        return DecisionAccuracy.Of(trustworthiness, weights).Value;
    }
}
