namespace Deq.Runtime.Trust;

/// <summary>An accuracy in [0, 1] with bounds that hold for certain; all three are the same number where it is exact.</summary>
/// <param name="Value">The accuracy.</param>
/// <param name="Low">It is not below this.</param>
/// <param name="High">It is not above this.</param>
public readonly record struct AccuracyInterval(double Value, double Low, double High);

/// <summary>How often a weighted vote of independent sources between two labels is right.</summary>
/// <remarks>
/// The decision is the sign of Σ w_i·x_i, a fair coin at zero. A(p; w) sums the probability of every pattern of right and wrong sources that wins.
/// Source: Bai, Wang, Muller, Cheng, Chen, "Stability of weighted majority voting under estimated weights", AAMAS 2024; Nitzan and Paroush, 1982.
/// </remarks>
public static class DecisionAccuracy
{
    /// <summary>The most sources whose patterns are enumerated, 4 million of them; more are summed on a grid of weights.</summary>
    public const int MostEnumerated = 22;

    /// <summary>A sum of weights this small beside the sum of their sizes is a tie: rounding of 22 sums is below 1e-14.</summary>
    private const double TieShare = 1e-13;

    private const int TableSources = 10;
    private const int StepsOfLargestWeight = 4096;
    private const int MostGridSteps = 200_000;

    /// <summary>A(p; w): exact to 22 sources of weight, by a grid of weights with its error interval above.</summary>
    /// <param name="trustworthiness">p, the probability of each source to be right, in [0, 1].</param>
    /// <param name="weights">w, finite; a negative weight counts the vote for the other label.</param>
    /// <exception cref="ArgumentException">Lengths that differ, or a number out of range.</exception>
    public static AccuracyInterval Of(ReadOnlySpan<double> trustworthiness, ReadOnlySpan<double> weights)
    {
        Check(trustworthiness, weights);
        Span<double> p = trustworthiness.Length <= 128 ? stackalloc double[trustworthiness.Length] : new double[trustworthiness.Length];
        Span<double> w = weights.Length <= 128 ? stackalloc double[weights.Length] : new double[weights.Length];
        int count = Uncertain(trustworthiness, weights, p, w, out double certain, out double scale);
        if (count > MostEnumerated)
        {
            return OnGrid(p[..count], w[..count], certain);
        }

        double value = Enumerate(p[..count], w[..count], certain, TieShare * scale);
        return new AccuracyInterval(value, value, value);
    }

    /// <summary>B(τ) = A(τ; logit τ), the accuracy that the optimal vote has if the trust is right.</summary>
    /// <param name="trust">τ, each in (0, 1).</param>
    public static AccuracyInterval Believed(ReadOnlySpan<double> trust)
    {
        Span<double> weights = trust.Length <= 128 ? stackalloc double[trust.Length] : new double[trust.Length];
        VoteWeights.Fill(trust, classes: 2, weights);
        return Of(trust, weights);
    }

    /// <summary>∂A/∂p_i, in [−1, 1]: the probability that source i is pivotal, with the sign of its weight.</summary>
    /// <remarks>A is affine in each p_i, so this is the difference between its values with source i always right and always wrong.</remarks>
    /// <param name="trustworthiness">p.</param>
    /// <param name="weights">w.</param>
    /// <param name="source">i, from 0.</param>
    public static double Pivotality(ReadOnlySpan<double> trustworthiness, ReadOnlySpan<double> weights, int source)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(source);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(source, trustworthiness.Length);
        double[] p = trustworthiness.ToArray();
        p[source] = 1;
        double right = Of(p, weights).Value;
        p[source] = 0;
        return right - Of(p, weights).Value;
    }

    /// <summary>The grid of weights for any number of sources; exact where the weights are whole multiples of 1/4096 of the largest.</summary>
    internal static AccuracyInterval OnGrid(ReadOnlySpan<double> p, ReadOnlySpan<double> w, double certain)
    {
        (int[] steps, int offset, double step, double error) = Quantise(w, certain);
        int reach = steps.Sum(Math.Abs);
        double[] sums = new double[(2 * reach) + 1];
        double[] next = new double[sums.Length];
        sums[reach] = 1;
        int spread = 0;
        for (int i = 0; i < steps.Length; i++)
        {
            Array.Clear(next);
            for (int at = reach - spread; at <= reach + spread; at++)
            {
                next[at + steps[i]] += sums[at] * p[i];
                next[at - steps[i]] += sums[at] * (1 - p[i]);
            }

            spread += Math.Abs(steps[i]);
            (sums, next) = (next, sums);
        }

        double scale = certain == 0 ? 0 : Math.Abs(certain);
        foreach (double weight in w)
        {
            scale += Math.Abs(weight);
        }

        return Read(sums, offset - reach, error <= 1e-12 * scale ? 0 : error / step);
    }

    /// <summary>Sums up what wins, and what wins or loses whatever the rounding of the weights was.</summary>
    private static AccuracyInterval Read(double[] sums, int first, double slack)
    {
        (double won, double tied, double sure, double possible) = (0, 0, 0, 0);
        for (int i = 0; i < sums.Length; i++)
        {
            int sum = first + i;
            won += sum > 0 ? sums[i] : 0;
            tied += sum == 0 ? sums[i] : 0;
            sure += sum > slack ? sums[i] : 0;
            possible += sum >= -slack ? sums[i] : 0;
        }

        double value = won + (tied / 2);
        return slack == 0 ? new AccuracyInterval(value, value, value) : new AccuracyInterval(value, sure, Math.Min(1, possible));
    }

    private static (int[] Steps, int Offset, double Step, double Error) Quantise(ReadOnlySpan<double> w, double certain)
    {
        (double largest, double total) = (0, 0);
        foreach (double weight in w)
        {
            largest = Math.Max(largest, Math.Abs(weight));
            total += Math.Abs(weight);
        }

        double step = Math.Max(largest / StepsOfLargestWeight, total / MostGridSteps);
        int offset = (int)Math.Clamp(Math.Round(certain / step), -2.0 * MostGridSteps, 2.0 * MostGridSteps);
        double error = Math.Abs(certain) > total ? 0 : Math.Abs((offset * step) - certain);
        int[] steps = new int[w.Length];
        int divisor = offset;
        for (int i = 0; i < w.Length; i++)
        {
            steps[i] = (int)Math.Round(w[i] / step);
            error += Math.Abs((steps[i] * step) - w[i]);
            divisor = GreatestDivisor(divisor, steps[i]);
        }

        divisor = Math.Max(1, divisor);
        return ([.. steps.Select(count => count / divisor)], offset / divisor, step * divisor, error);
    }

    private static int GreatestDivisor(int a, int b) => b == 0 ? Math.Abs(a) : GreatestDivisor(b, a % b);

    /// <summary>Every pattern: a table of the first ten sources, and the others in Gray-code order, so that no probability is ever divided.</summary>
    private static double Enumerate(ReadOnlySpan<double> p, ReadOnlySpan<double> w, double certain, double tie)
    {
        int low = Math.Min(TableSources, p.Length);
        Span<double> sums = stackalloc double[1 << low];
        Span<double> shares = stackalloc double[1 << low];
        FillTable(p[..low], w[..low], sums, shares);
        double accuracy = 0;
        for (uint index = 0; index < 1u << (p.Length - low); index++)
        {
            uint pattern = index ^ (index >> 1);
            (double sum, double share) = (certain, 1);
            for (int i = low; i < p.Length; i++)
            {
                bool right = (pattern >> (i - low) & 1) != 0;
                sum += right ? w[i] : -w[i];
                share *= right ? p[i] : 1 - p[i];
            }

            accuracy += share * Winning(sums, shares, sum, tie);
        }

        return Math.Min(1, accuracy);
    }

    private static double Winning(ReadOnlySpan<double> sums, ReadOnlySpan<double> shares, double others, double tie)
    {
        double winning = 0;
        for (int j = 0; j < sums.Length; j++)
        {
            double sum = sums[j] + others;
            winning += sum > tie ? shares[j] : sum >= -tie ? shares[j] / 2 : 0;
        }

        return winning;
    }

    private static void FillTable(ReadOnlySpan<double> p, ReadOnlySpan<double> w, Span<double> sums, Span<double> shares)
    {
        (sums[0], shares[0]) = (0, 1);
        for (int i = 0; i < p.Length; i++)
        {
            int half = 1 << i;
            for (int j = 0; j < half; j++)
            {
                (sums[half + j], shares[half + j]) = (sums[j] + w[i], shares[j] * p[i]);
                (sums[j], shares[j]) = (sums[j] - w[i], shares[j] * (1 - p[i]));
            }
        }
    }

    /// <summary>Leaves out sources without weight, and those that are always right or wrong, whose votes are one known sum.</summary>
    private static int Uncertain(
        ReadOnlySpan<double> trustworthiness, ReadOnlySpan<double> weights, Span<double> p, Span<double> w, out double certain, out double scale)
    {
        int count = 0;
        (certain, scale) = (0, 0);
        for (int i = 0; i < weights.Length; i++)
        {
            scale += Math.Abs(weights[i]);
            if (trustworthiness[i] is 0 or 1)
            {
                certain += trustworthiness[i] == 1 ? weights[i] : -weights[i];
            }
            else if (weights[i] != 0)
            {
                (p[count], w[count]) = (trustworthiness[i], weights[i]);
                count++;
            }
        }

        return count;
    }

    private static void Check(ReadOnlySpan<double> trustworthiness, ReadOnlySpan<double> weights)
    {
        if (trustworthiness.Length != weights.Length)
        {
            throw new ArgumentException($"There are {trustworthiness.Length} probabilities and {weights.Length} weights.", nameof(weights));
        }

        for (int i = 0; i < weights.Length; i++)
        {
            if (!(trustworthiness[i] is >= 0 and <= 1) || !double.IsFinite(weights[i]))
            {
                throw new ArgumentException(
                    $"Source {i} has probability {trustworthiness[i]} and weight {weights[i]}; a probability lies in [0, 1] and a weight is finite.", nameof(trustworthiness));
            }
        }
    }
}
