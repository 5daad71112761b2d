using Deq.Export.Crowds;
using Deq.Runtime.Trust;

namespace Deq.Benchmarks.Trust;

/// <summary>A crowd with the truth of a part of its items as gold, measured on the other items with known truth; over random splits.</summary>
internal sealed record CrowdRow
{
    public required string Crowd { get; init; }

    public required double GoldShare { get; init; }

    public required int Tested { get; init; }

    public required double Majority { get; init; }

    public required double Weighted { get; init; }

    public required double WorstAgainstMajority { get; init; }

    public required double DawidSkene { get; init; }

    public required double RawGap { get; init; }

    public required double CorrectedGap { get; init; }

    public required double CorrectedSpread { get; init; }

    public required double WithinShare { get; init; }

    public required double Temperature { get; init; }

    public required string Weights { get; init; }
}

/// <summary>Splits of the crowds in a folder.</summary>
internal static class CrowdSplits
{
    private const double Bound = 0.03;

    /// <param name="folder">With <c>label.csv</c> and <c>truth.csv</c>.</param>
    /// <param name="goldShare">The part of the items of known truth that is gold.</param>
    /// <param name="splits">How many.</param>
    public static CrowdRow Measure(string folder, double goldShare, int splits)
    {
        var crowd = Crowd.Of(VoteFiles.Answers(Path.Combine(folder, "label.csv")), VoteFiles.Gold(Path.Combine(folder, "truth.csv")));
        var fitted = OneCoinDawidSkene.Fit(crowd.Votes);

        // One generator for all splits: those of neighbouring seeds begin alike.
        var random = new Random(1);
        Split[] all = [.. Enumerable.Range(0, splits).Select(_ => Of(crowd, fitted, goldShare, random))];
        double mean = all.Average(split => split.Corrected);
        return new CrowdRow
        {
            Crowd = Path.GetFileName(folder),
            GoldShare = goldShare,
            Tested = all[0].Tested,
            Majority = all.Average(split => split.Majority),
            Weighted = all.Average(split => split.Weighted),
            WorstAgainstMajority = all.Min(split => split.Weighted - split.Majority),
            DawidSkene = all.Average(split => split.DawidSkene),
            RawGap = all.Average(split => split.Raw),
            CorrectedGap = mean,
            CorrectedSpread = Math.Sqrt(all.Average(split => Math.Pow(split.Corrected - mean, 2))),
            WithinShare = all.Average(split => Math.Abs(split.Corrected) <= Bound ? 1.0 : 0),
            Temperature = all.Average(split => split.Temperature),
            Weights = string.Join(", ", all.GroupBy(split => split.Weights).OrderByDescending(group => group.Count()).Select(group => $"{group.Key} {group.Count()}")),
        };
    }

    private static Split Of(Crowd crowd, OneCoinDawidSkene fitted, double goldShare, Random random)
    {
        int[] known = [.. Enumerable.Range(0, crowd.Tasks.Count).Where(item => crowd.Truth[item] >= 0)];
        random.Shuffle(known);
        int count = (int)(goldShare * known.Length);
        int[] gold = [.. Enumerable.Repeat(-1, crowd.Tasks.Count)];
        foreach (int item in known[..count])
        {
            gold[item] = crowd.Truth[item];
        }

        int[] tested = known[count..];
        var vote = TrustedVote.Of(crowd.Votes, gold);
        double Right(Func<int, int> label) => tested.Average(item => label(item) == crowd.Truth[item] ? 1.0 : 0);
        double weighted = Right(item => vote.Items[item].Label);
        return new Split
        {
            Tested = tested.Length,
            Majority = Right(crowd.Votes.Majority),
            Weighted = weighted,
            DawidSkene = Right(item => VoteWeights.Decide(fitted.Posterior(item), crowd.Votes.Coin(item))),
            Raw = tested.Average(item => vote.Items[item].Posterior) - weighted,
            Corrected = tested.Average(item => vote.Items[item].Corrected!.Value) - weighted,
            Temperature = vote.Temperature!.Value,
            Weights = vote.Weights,
        };
    }

    private sealed record Split
    {
        public required int Tested { get; init; }

        public required double Majority { get; init; }

        public required double Weighted { get; init; }

        public required double DawidSkene { get; init; }

        public required double Raw { get; init; }

        public required double Corrected { get; init; }

        public required double Temperature { get; init; }

        public required string Weights { get; init; }
    }
}
