namespace Deq.Runtime.Trust;

/// <summary>
/// Each worker has a trust; how hard a label is, which wrong labels it is taken for, and how frequent it is, are shared by all workers.
/// </summary>
/// <remarks>
/// A confusion matrix for each worker (Dawid and Skene, 1979) needs K² votes of known truth from each; this one needs a number from each worker and K²
/// from all of them. P(vote l | label k) = τ_k for l = k, with logit τ_k = logit τ + d_k, and (1 − τ_k)·E_kl otherwise.
/// </remarks>
internal sealed class SharedConfusions : IVoteModel
{
    /// <summary>What the assumption of evenly spread errors weighs for each label, in votes.</summary>
    private const double VotesOfEvenErrors = 5;

    /// <summary>What the assumption of equally hard labels weighs for each label, in votes.</summary>
    private const double VotesOfEqualDifficulty = 10;

    private readonly GoldVotes _gold;
    private readonly double[,] _counts;
    private readonly double[] _items;

    public SharedConfusions(GoldVotes gold)
    {
        _gold = gold;
        _counts = new double[gold.Table.Classes, gold.Table.Classes];
        _items = new double[gold.Table.Classes];
        foreach (int item in gold.Items)
        {
            Count(item, 1);
        }
    }

    public string Name => "confusions";

    public void Score(int item, bool leavesOut, Span<double> scores)
    {
        if (leavesOut)
        {
            Count(item, -1);
        }

        double easiness = Logit(Accuracy());
        for (int k = 0; k < scores.Length; k++)
        {
            scores[k] = ScoreOf(k, item, leavesOut, easiness);
        }

        if (leavesOut)
        {
            Count(item, 1);
        }
    }

    private double ScoreOf(int label, int item, bool leavesOut, double easiness)
    {
        (double votes, double right) = (Row(label), _counts[label, label]);
        double accuracy = 1 / (1 + Math.Exp(-easiness));
        double shift = Logit((right + (VotesOfEqualDifficulty * accuracy)) / (votes + VotesOfEqualDifficulty)) - easiness;
        double score = Math.Log((_items[label] + 1) / (_items.Sum() + _items.Length));
        foreach (WorkerVote vote in _gold.Table.Of(item))
        {
            double trust = leavesOut ? _gold.TrustWithout(vote, _gold.Truth(item)) : _gold.Trust(vote.Worker).Mean;
            double here = 1 / (1 + Math.Exp(-(Logit(trust) + shift)));
            double error = (_counts[label, vote.Label] + (VotesOfEvenErrors / (_items.Length - 1))) / (votes - right + VotesOfEvenErrors);
            score += Math.Log(vote.Label == label ? here : (1 - here) * error);
        }

        return score;
    }

    private void Count(int item, double sign)
    {
        int truth = _gold.Truth(item);
        _items[truth] += sign;
        foreach (WorkerVote vote in _gold.Table.Of(item))
        {
            _counts[truth, vote.Label] += sign;
        }
    }

    private double Accuracy()
    {
        (double right, double votes) = (1, 2);
        for (int k = 0; k < _items.Length; k++)
        {
            right += _counts[k, k];
            votes += Row(k);
        }

        return right / votes;
    }

    private double Row(int label)
    {
        double votes = 0;
        for (int k = 0; k < _items.Length; k++)
        {
            votes += _counts[label, k];
        }

        return votes;
    }

    private static double Logit(double p) => Math.Log(p / (1 - p));
}
