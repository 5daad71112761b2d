namespace Deq.Runtime.Trust;

/// <summary>Every worker has the same trust, the share of all votes that are right: the label of the majority, with a posterior.</summary>
internal sealed class EqualWeights(GoldVotes gold) : IVoteModel
{
    private readonly double _right = Enumerable.Range(0, gold.Table.Workers).Sum(gold.Right);
    private readonly double _votes = Enumerable.Range(0, gold.Table.Workers).Sum(gold.Votes);

    public string Name => "equal";

    public void Score(int item, bool leavesOut, Span<double> scores)
    {
        ReadOnlySpan<WorkerVote> votes = gold.Table.Of(item);
        (double right, double all) = (_right, _votes);
        if (leavesOut)
        {
            foreach (WorkerVote vote in votes)
            {
                right -= vote.Label == gold.Truth(item) ? 1 : 0;
                all--;
            }
        }

        // Not below the chance of guessing: equal weights stand for the majority.
        double weight = Math.Max(1e-6, VoteWeights.Of((right + 1) / (all + 2), gold.Table.Classes));
        scores.Clear();
        foreach (WorkerVote vote in votes)
        {
            scores[vote.Label] += weight;
        }
    }
}
