namespace Deq.Runtime.Trust;

/// <summary>The label of one item by weighted votes, and how sure that is.</summary>
/// <param name="Label">From 0.</param>
/// <param name="Posterior">Of that label, if votes were independent.</param>
/// <param name="Corrected">The posterior corrected for shared errors; null without items of known truth.</param>
public readonly record struct ItemVerdict(int Label, double Posterior, double? Corrected);

/// <summary>A whole table decided by votes whose weights are learned from the items of known truth, or without any from the votes themselves.</summary>
/// <remarks>
/// Three ways to weigh are compared on the known items, each item left out of what is learned for it: equal weights, a trust for each worker, and that
/// with confusions shared by all. A richer one is taken only where its logarithmic loss is smaller by more than two standard errors, and it decides
/// as many items rightly: where there is too little to learn from, the majority decides.
/// </remarks>
public sealed class TrustedVote
{
    private TrustedVote(string weights, double? temperature, ItemVerdict[] items, BetaTrust[] trust, bool[] isKnown, VoteTable votes)
    {
        (Weights, Temperature, Items, Trust) = (weights, temperature, items, trust);
        bool[] isBelieved = [.. Enumerable.Range(0, items.Length).Select(item => !isKnown[item] && votes.Of(item).Length > 0)];
        bool all = !isBelieved.Contains(true);
        int[] asked = [.. Enumerable.Range(0, items.Length).Where(item => (all || isBelieved[item]) && votes.Of(item).Length > 0)];
        Believed = asked.Average(item => items[item].Posterior);
        BelievedCorrected = temperature is null ? null : asked.Average(item => items[item].Corrected!.Value);
        GapBound = Math.Min(2 * asked.Average(item => Deviation(votes.Of(item), trust)), 1 - Believed);
    }

    /// <summary>How votes are weighed: <c>equal</c>, <c>trust</c> or <c>confusions</c>; <c>dawid-skene</c> without known items.</summary>
    public string Weights { get; }

    /// <summary>T that corrects for shared errors; null without known items.</summary>
    public double? Temperature { get; }

    /// <summary>The verdict on each item; those of known truth are left out of what is learned for their own.</summary>
    public IReadOnlyList<ItemVerdict> Items { get; }

    /// <summary>The trust in each worker.</summary>
    public IReadOnlyList<BetaTrust> Trust { get; }

    /// <summary>The accuracy believed of the items of unknown truth, or of all where every truth is known: the mean posterior.</summary>
    public double Believed { get; }

    /// <summary>The same, corrected for shared errors; null without known items.</summary>
    public double? BelievedCorrected { get; }

    /// <summary>What estimated trust may cost in accuracy against known trustworthiness, on average over the same items, if votes are independent.</summary>
    public double GapBound { get; }

    /// <summary>Decides every item.</summary>
    /// <param name="votes">With at least one vote.</param>
    /// <param name="truth">The label of each item, from 0; negative where it is unknown.</param>
    public static TrustedVote Of(VoteTable votes, IReadOnlyList<int> truth)
    {
        ArgumentNullException.ThrowIfNull(votes);
        ArgumentNullException.ThrowIfNull(truth);
        var gold = new GoldVotes(votes, truth);
        if (gold.Items.Count == 0)
        {
            return WithoutTruth(votes);
        }

        Fitted chosen = Choose(gold);
        var verdicts = new ItemVerdict[votes.Items];
        double[] scores = new double[votes.Classes];
        for (int item = 0; item < verdicts.Length; item++)
        {
            chosen.Model.Score(item, leavesOut: truth[item] >= 0 && votes.Of(item).Length > 0, scores);
            verdicts[item] = new(
                VoteWeights.Decide(scores, votes.Coin(item)),
                VoteWeights.Confidence(scores, 1),
                VoteWeights.Confidence(scores, chosen.Temperature));
        }

        return new(
            chosen.Model.Name, chosen.Temperature, verdicts, [.. Enumerable.Range(0, votes.Workers).Select(gold.Trust)],
            [.. truth.Select(label => label >= 0)], votes);
    }

    private static TrustedVote WithoutTruth(VoteTable votes)
    {
        var fitted = OneCoinDawidSkene.Fit(votes);
        ItemVerdict[] verdicts = [.. Enumerable.Range(0, votes.Items).Select(item => new ItemVerdict(
            VoteWeights.Decide(fitted.Posterior(item), votes.Coin(item)), fitted.Posterior(item).ToArray().Max(), Corrected: null))];
        return new("dawid-skene", temperature: null, verdicts, [.. fitted.Trust], new bool[votes.Items], votes);
    }

    private static Fitted Choose(GoldVotes gold)
    {
        var chosen = Fitted.To(gold, new EqualWeights(gold));
        foreach (IVoteModel richer in new IVoteModel[] { new TrustWeights(gold), new SharedConfusions(gold) })
        {
            var candidate = Fitted.To(gold, richer);
            chosen = candidate.IsClearlyBetterThan(chosen) ? candidate : chosen;
        }

        return chosen;
    }

    private static double Deviation(ReadOnlySpan<WorkerVote> votes, BetaTrust[] trust)
    {
        double sum = 0;
        foreach (WorkerVote vote in votes)
        {
            sum += trust[vote.Worker].MeanAbsoluteDeviation;
        }

        return sum;
    }

    private sealed record Fitted(IVoteModel Model, double Temperature, double[] Losses, int Right)
    {
        public static Fitted To(GoldVotes gold, IVoteModel model)
        {
            ScoredItem[] items = [.. gold.Items.Select(item =>
            {
                double[] scores = new double[gold.Table.Classes];
                model.Score(item, leavesOut: true, scores);
                return new ScoredItem(scores, gold.Truth(item), gold.Table.Coin(item));
            })];
            double temperature = DependenceTemperature.Fit(items);
            return new(model, temperature, [.. items.Select(item => item.Loss(temperature))], items.Count(item => item.IsRight));
        }

        public bool IsClearlyBetterThan(Fitted other)
        {
            double[] gains = [.. other.Losses.Zip(Losses, (theirs, own) => theirs - own)];
            double mean = gains.Average();
            double error = Math.Sqrt(gains.Sum(gain => (gain - mean) * (gain - mean)) / Math.Max(1, gains.Length - 1) / gains.Length);
            return mean > 2 * error && Right >= other.Right;
        }
    }
}
