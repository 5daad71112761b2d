namespace Deq.Runtime.Trust;

/// <summary>Votes with the truth of some items, and how often each worker was right on these.</summary>
internal sealed class GoldVotes
{
    private readonly int[] _truth;
    private readonly double[] _right;
    private readonly double[] _votes;

    /// <summary>Counts.</summary>
    /// <param name="table">The votes.</param>
    /// <param name="truth">The label of each item; negative where it is unknown.</param>
    /// <exception cref="ArgumentException">Not one truth per item, or a label out of range.</exception>
    public GoldVotes(VoteTable table, IReadOnlyList<int> truth)
    {
        if (truth.Count != table.Items || truth.Any(label => label >= table.Classes))
        {
            throw new ArgumentException($"There are {table.Items} items of {table.Classes} labels, and {truth.Count} truths.", nameof(truth));
        }

        Table = table;
        _truth = [.. truth];
        _right = new double[table.Workers];
        _votes = new double[table.Workers];
        Items = [.. Enumerable.Range(0, table.Items).Where(item => _truth[item] >= 0 && table.Of(item).Length > 0)];
        foreach (int item in Items)
        {
            foreach (WorkerVote vote in table.Of(item))
            {
                _votes[vote.Worker]++;
                _right[vote.Worker] += vote.Label == _truth[item] ? 1 : 0;
            }
        }

        Prior = BetaTrust.PriorByMoments([.. _right.Zip(_votes)]);
    }

    /// <summary>All votes.</summary>
    public VoteTable Table { get; }

    /// <summary>The items that have votes and a known truth.</summary>
    public IReadOnlyList<int> Items { get; }

    /// <summary>How the trustworthiness of workers varies.</summary>
    public BetaTrust Prior { get; }

    /// <summary>The truth of an item; negative where it is unknown.</summary>
    public int Truth(int item) => _truth[item];

    /// <summary>How many votes of a worker have a known truth.</summary>
    public double Votes(int worker) => _votes[worker];

    /// <summary>How many of these are right.</summary>
    public double Right(int worker) => _right[worker];

    /// <summary>The trust in a worker.</summary>
    public BetaTrust Trust(int worker) => Prior.Observe(_right[worker], _votes[worker] - _right[worker]);

    /// <summary>The trust in the worker of a vote without what that vote itself showed.</summary>
    /// <param name="vote">A vote on an item of known truth.</param>
    /// <param name="truth">Its truth.</param>
    public double TrustWithout(WorkerVote vote, int truth)
    {
        double own = vote.Label == truth ? 1 : 0;
        return (Prior.Right + _right[vote.Worker] - own) / (Prior.Right + Prior.Wrong + _votes[vote.Worker] - 1);
    }
}
