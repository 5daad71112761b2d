namespace Deq.Runtime.Trust;

/// <summary>Log-odds weights of votes, and what a vote says about the label.</summary>
/// <remarks>
/// With K labels and errors that are spread evenly over the wrong ones, w = ln((K − 1)·τ / (1 − τ)); a label's score is the sum of the weights of its
/// votes, and the posterior, from a uniform prior, is the softmax of the scores.
/// </remarks>
public static class VoteWeights
{
    /// <summary>Scores this close, relative to the largest weight, are a tie.</summary>
    private const double TieShare = 1e-9;

    /// <summary>The weight of one source, negative where it is right less often than by chance.</summary>
    /// <param name="trust">τ in (0, 1).</param>
    /// <param name="classes">K, at least 2.</param>
    /// <exception cref="ArgumentOutOfRangeException">Trust out of (0, 1), or fewer than two labels.</exception>
    public static double Of(double trust, int classes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 2);
        return trust is > 0 and < 1
            ? Math.Log((classes - 1) * trust / (1 - trust))
            : throw new ArgumentOutOfRangeException(nameof(trust), trust, "Trust lies in (0, 1).");
    }

    /// <summary>The weight of every source.</summary>
    /// <param name="trust">τ, each in (0, 1).</param>
    /// <param name="classes">K, at least 2.</param>
    /// <param name="weights">As many; written.</param>
    public static void Fill(ReadOnlySpan<double> trust, int classes, Span<double> weights)
    {
        for (int i = 0; i < trust.Length; i++)
        {
            weights[i] = Of(trust[i], classes);
        }
    }

    /// <summary>Scores of the labels for votes of known weights.</summary>
    /// <param name="votes">The label of each source, from 0; negative where it did not vote.</param>
    /// <param name="weights">As many.</param>
    /// <param name="scores">K numbers; written.</param>
    public static void Score(ReadOnlySpan<int> votes, ReadOnlySpan<double> weights, Span<double> scores)
    {
        scores.Clear();
        for (int i = 0; i < votes.Length; i++)
        {
            if (votes[i] >= 0)
            {
                scores[votes[i]] += weights[i];
            }
        }
    }

    /// <summary>The posterior of every label: softmax(T·scores).</summary>
    /// <param name="scores">K scores.</param>
    /// <param name="temperature">T, positive: below 1 where errors are shared. 1 takes votes as independent.</param>
    /// <param name="posterior">K numbers, written; may be the scores.</param>
    public static void Posterior(ReadOnlySpan<double> scores, double temperature, Span<double> posterior)
    {
        double largest = Largest(scores);
        double total = 0;
        for (int k = 0; k < scores.Length; k++)
        {
            total += posterior[k] = Math.Exp(temperature * (scores[k] - largest));
        }

        for (int k = 0; k < scores.Length; k++)
        {
            posterior[k] /= total;
        }
    }

    /// <summary>The posterior of the label that the scores decide for, in [1/K, 1].</summary>
    /// <param name="scores">K scores.</param>
    /// <param name="temperature">T, positive.</param>
    public static double Confidence(ReadOnlySpan<double> scores, double temperature)
    {
        double largest = Largest(scores);
        double total = 0;
        foreach (double score in scores)
        {
            total += Math.Exp(temperature * (score - largest));
        }

        return 1 / total;
    }

    /// <summary>The label of the largest score; a tie is decided by the coin, which favours no label.</summary>
    /// <param name="scores">K scores.</param>
    /// <param name="coin">Any number that does not depend on the labels.</param>
    public static int Decide(ReadOnlySpan<double> scores, ulong coin)
    {
        double largest = Largest(scores);
        double tie = 0;
        foreach (double score in scores)
        {
            tie = Math.Max(tie, TieShare * Math.Abs(score));
        }

        int tied = 0;
        foreach (double score in scores)
        {
            tied += score >= largest - tie ? 1 : 0;
        }

        int chosen = (int)(coin % (ulong)tied);
        for (int k = 0; ; k++)
        {
            if (scores[k] >= largest - tie && chosen-- == 0)
            {
                return k;
            }
        }
    }

    private static double Largest(ReadOnlySpan<double> scores)
    {
        double largest = double.NegativeInfinity;
        foreach (double score in scores)
        {
            largest = Math.Max(largest, score);
        }

        return largest;
    }
}
