using System.Text.Json.Serialization;
using Deq.Runtime.Trust;

namespace Deq.Export.Crowds;

/// <summary>One task decided three ways.</summary>
internal sealed record CrowdItem
{
    /// <summary>The task's name.</summary>
    public required string Task { get; init; }

    /// <summary>The label with the most votes.</summary>
    public required string Majority { get; init; }

    /// <summary>The label of the weighted votes.</summary>
    public required string Weighted { get; init; }

    /// <summary>The label of one-coin Dawid–Skene, which uses no truth.</summary>
    public required string DawidSkene { get; init; }

    /// <summary>Of the weighted label, in [1/K, 1], if votes were independent.</summary>
    public required double Posterior { get; init; }

    /// <summary>Of the weighted label, corrected for shared errors; null without gold.</summary>
    public required double? PosteriorCorrected { get; init; }

    /// <summary>Of its own label.</summary>
    public required double DawidSkenePosterior { get; init; }

    /// <summary>How many workers voted.</summary>
    public required int Votes { get; init; }

    /// <summary>The known truth; null where there is none.</summary>
    public required string? Truth { get; init; }

    /// <summary>Whether the weighted label is the known truth, which was left out of what was learned for it; null where there is none.</summary>
    [JsonIgnore]
    public bool? IsRight => Truth is null ? null : Weighted == Truth;
}

/// <summary>The trust in one worker.</summary>
internal sealed record CrowdWorker
{
    /// <summary>The worker's name.</summary>
    public required string Worker { get; init; }

    /// <summary>The mean of the trustworthiness, in (0, 1).</summary>
    public required double Trust { get; init; }

    /// <summary>Lower end of the central 95 % interval.</summary>
    public required double Low { get; init; }

    /// <summary>Upper end of the central 95 % interval.</summary>
    public required double High { get; init; }

    /// <summary>All votes.</summary>
    public required int Votes { get; init; }

    /// <summary>Votes on tasks of known truth.</summary>
    public required int GoldVotes { get; init; }
}

/// <summary>What a crowd's votes say, and how far that is to be believed.</summary>
internal sealed record CrowdReport
{
    /// <summary>Every task, in the order of the file.</summary>
    public required IReadOnlyList<CrowdItem> Items { get; init; }

    /// <summary>Every worker, in the order of the file.</summary>
    public required IReadOnlyList<CrowdWorker> Workers { get; init; }

    /// <summary>The accuracy believed of the tasks without known truth (of all, where every truth is known), if votes were independent.</summary>
    public required double Believed { get; init; }

    /// <summary>The same, corrected for shared errors; null without gold.</summary>
    public required double? BelievedCorrected { get; init; }

    /// <summary>T of the correction; null without gold.</summary>
    public required double? Temperature { get; init; }

    /// <summary><c>equal</c>, <c>trust</c>, <c>confusions</c>, or <c>dawid-skene</c> without gold.</summary>
    public required string Weights { get; init; }

    /// <summary>A bound of what estimated trust costs in accuracy, on average, if votes are independent.</summary>
    public required double GapBound { get; init; }

    /// <summary>What to be careful about, one sentence each.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>Decides every task of a crowd.</summary>
    /// <param name="crowd">Votes and truth.</param>
    public static CrowdReport Of(Crowd crowd)
    {
        VoteTable votes = crowd.Votes;
        TrustedVote vote = TrustedVote.Of(votes, crowd.Truth);
        OneCoinDawidSkene fitted = OneCoinDawidSkene.Fit(votes);
        int[] all = new int[votes.Workers];
        int[] gold = new int[votes.Workers];
        for (int item = 0; item < votes.Items; item++)
        {
            foreach (WorkerVote one in votes.Of(item))
            {
                all[one.Worker]++;
                gold[one.Worker] += crowd.Truth[item] >= 0 ? 1 : 0;
            }
        }

        return new CrowdReport
        {
            Items = [.. Enumerable.Range(0, votes.Items).Select(item => Item(crowd, vote, fitted, item))],
            Workers = [.. Enumerable.Range(0, votes.Workers).Select(worker => Worker(crowd.Workers[worker], vote.Trust[worker], all[worker], gold[worker]))],
            Believed = vote.Believed,
            BelievedCorrected = vote.BelievedCorrected,
            Temperature = vote.Temperature,
            Weights = vote.Weights,
            GapBound = vote.GapBound,
            Warnings = [.. crowd.Remarks, .. CrowdWarnings.Of(crowd, vote, all, gold)],
        };
    }

    private static CrowdItem Item(Crowd crowd, TrustedVote vote, OneCoinDawidSkene fitted, int item)
    {
        ItemVerdict verdict = vote.Items[item];
        ReadOnlySpan<double> posterior = fitted.Posterior(item);
        int label = VoteWeights.Decide(posterior, crowd.Votes.Coin(item));
        return new CrowdItem
        {
            Task = crowd.Tasks[item],
            Majority = crowd.Label(crowd.Votes.Majority(item)),
            Weighted = crowd.Label(verdict.Label),
            DawidSkene = crowd.Label(label),
            Posterior = verdict.Posterior,
            PosteriorCorrected = verdict.Corrected,
            DawidSkenePosterior = posterior[label],
            Votes = crowd.Votes.Of(item).Length,
            Truth = crowd.Truth[item] >= 0 ? crowd.Label(crowd.Truth[item]) : null,
        };
    }

    private static CrowdWorker Worker(string name, BetaTrust trust, int votes, int goldVotes)
    {
        (double low, double high) = trust.Interval();
        return new CrowdWorker { Worker = name, Trust = trust.Mean, Low = low, High = high, Votes = votes, GoldVotes = goldVotes };
    }
}
