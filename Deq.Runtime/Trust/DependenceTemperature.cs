namespace Deq.Runtime.Trust;

/// <summary>An item of known truth with the scores that its votes give the labels, without what the item itself taught.</summary>
/// <param name="Scores">K scores.</param>
/// <param name="Truth">From 0.</param>
/// <param name="Coin">Decides a tie.</param>
public sealed record ScoredItem(double[] Scores, int Truth, ulong Coin)
{
    /// <summary>Whether the scores decide for the truth.</summary>
    public bool IsRight => VoteWeights.Decide(Scores, Coin) == Truth;

    /// <summary>−ln of the posterior of the truth, in nats.</summary>
    /// <param name="temperature">T.</param>
    public double Loss(double temperature)
    {
        double largest = Scores.Max();
        return Math.Log(Scores.Sum(score => Math.Exp(temperature * (score - largest)))) - (temperature * (Scores[Truth] - largest));
    }
}

/// <summary>The temperature T that corrects for errors that sources share: posterior ∝ exp(T·score).</summary>
/// <remarks>
/// Votes that err together say less than independent ones: T lies below 1. T minimises the sum of the logarithmic loss on items of known truth, and of
/// (mean posterior − share decided rightly)² over twice that share's variance: the loss alone fixes the shape, but leaves the mean wrong where scores
/// are misshapen, such as with many labels and uneven confusions.
/// </remarks>
public static class DependenceTemperature
{
    private const double Least = 0.02;
    private const double Most = 5;

    /// <summary>T before any item is seen, with a spread of a factor e² either way: it decides only where a handful of items leaves T open.</summary>
    private const double Expected = 0.4;
    private const double ExpectedSpread = 2;

    private static readonly double s_golden = (Math.Sqrt(5) - 1) / 2;

    /// <summary>Fits T.</summary>
    /// <param name="items">At least one.</param>
    /// <returns>T in [0.02, 5].</returns>
    public static double Fit(IReadOnlyList<ScoredItem> items)
    {
        ArgumentNullException.ThrowIfNull(items);
        ArgumentOutOfRangeException.ThrowIfZero(items.Count, nameof(items));
        int right = items.Count(item => item.IsRight);
        double accuracy = (right + 1.0) / (items.Count + 2.0);
        return OfLeastObjective(items, right / (double)items.Count, accuracy * (1 - accuracy) / items.Count);
    }

    /// <summary>T of a part of the votes: 1 of a single one, which shares its errors with none.</summary>
    /// <remarks>
    /// n votes whose errors correlate by ρ say as much as n / (1 + (n − 1)·ρ) independent ones; ρ follows from T of all.
    /// Source: Kish, "Survey sampling" (1965), the design effect of clusters.
    /// </remarks>
    /// <param name="temperature">T of the votes of all sources, positive.</param>
    /// <param name="votes">n, at least 0.</param>
    /// <param name="sources">All sources, at least n.</param>
    public static double Of(double temperature, int votes, int sources) =>
        votes <= 1 || sources <= 1 ? 1 : 1 / (1 + ((votes - 1) * ((1 / temperature) - 1) / (sources - 1)));

    /// <summary>The mean loss, −ln of the posterior of the truth, in nats.</summary>
    /// <param name="items">At least one.</param>
    /// <param name="temperature">T.</param>
    public static double Loss(IReadOnlyList<ScoredItem> items, double temperature) => items.Average(item => item.Loss(temperature));

    private static double Confidence(IReadOnlyList<ScoredItem> items, double temperature) =>
        items.Average(item => VoteWeights.Confidence(item.Scores, temperature));

    /// <summary>Golden-section search over the logarithm of T.</summary>
    private static double OfLeastObjective(IReadOnlyList<ScoredItem> items, double share, double variance)
    {
        (double low, double high) = (Math.Log(Least), Math.Log(Most));
        while (high - low > 1e-5)
        {
            double left = high - (s_golden * (high - low));
            double right = low + (s_golden * (high - low));
            (low, high) = Objective(items, left, share, variance) < Objective(items, right, share, variance) ? (low, right) : (left, high);
        }

        return Math.Exp((low + high) / 2);
    }

    private static double Objective(IReadOnlyList<ScoredItem> items, double logarithm, double share, double variance) =>
        (items.Count * Loss(items, Math.Exp(logarithm)))
        + (Math.Pow(Confidence(items, Math.Exp(logarithm)) - share, 2) / (2 * variance))
        + (Math.Pow((logarithm - Math.Log(Expected)) / ExpectedSpread, 2) / 2);
}
