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

    /// <summary>A bound of the expected gap given the trust, with any number of labels: the smaller of 2·ΣE|p_i − τ_i| and 1 − B.</summary>
    /// <param name="trust">What is known of each source.</param>
    /// <param name="believed">B, in [0, 1].</param>
    public static double ExpectedBound(IEnumerable<BetaTrust> trust, double believed) =>
        Math.Min(2 * trust.Sum(source => source.MeanAbsoluteDeviation), 1 - believed);

    private static double Actual(ReadOnlySpan<double> trust, ReadOnlySpan<double> trustworthiness)
    {
        Span<double> weights = trust.Length <= 128 ? stackalloc double[trust.Length] : new double[trust.Length];
        VoteWeights.Fill(trust, 2, weights);
        return DecisionAccuracy.Of(trustworthiness, weights).Value;
    }
}
