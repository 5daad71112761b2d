namespace Deq.Runtime.Trust;

/// <summary>Each worker has a trust, and errors fall on every wrong label alike: log-odds weights.</summary>
internal sealed class TrustWeights(GoldVotes gold) : IVoteModel
{
    public string Name => "trust";

    public void Score(int item, bool leavesOut, Span<double> scores)
    {
        scores.Clear();
        foreach (WorkerVote vote in gold.Table.Of(item))
        {
            double trust = leavesOut ? gold.TrustWithout(vote, gold.Truth(item)) : gold.Trust(vote.Worker).Mean;
            scores[vote.Label] += VoteWeights.Of(trust, gold.Table.Classes);
        }
    }
}
