namespace Deq.Runtime.Trust;

/// <summary>One worker's vote on an item.</summary>
/// <param name="Worker">From 0.</param>
/// <param name="Label">From 0.</param>
public readonly record struct WorkerVote(int Worker, int Label);

/// <summary>Votes of workers on items; not every worker votes on every item.</summary>
public sealed class VoteTable
{
    private readonly WorkerVote[][] _votes;
    private readonly ulong[] _coins;

    /// <summary>A table.</summary>
    /// <param name="votes">The votes on each item, at most one of each worker.</param>
    /// <param name="workers">How many workers there are.</param>
    /// <param name="classes">K, how many labels, at least 2.</param>
    /// <param name="coins">A number for each item that decides its ties, and does not depend on the labels.</param>
    /// <exception cref="ArgumentException">A worker or label out of range, or lengths that differ.</exception>
    public VoteTable(IReadOnlyList<IReadOnlyList<WorkerVote>> votes, int workers, int classes, IReadOnlyList<ulong> coins)
    {
        ArgumentNullException.ThrowIfNull(votes);
        ArgumentNullException.ThrowIfNull(coins);
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 2);
        if (votes.Count != coins.Count)
        {
            throw new ArgumentException($"There are {votes.Count} items and {coins.Count} coins.", nameof(coins));
        }

        _votes = [.. votes.Select(item => item.ToArray())];
        _coins = [.. coins];
        (Workers, Classes) = (workers, classes);
        if (_votes.SelectMany(item => item).Any(vote => vote.Worker < 0 || vote.Worker >= workers || vote.Label < 0 || vote.Label >= classes))
        {
            throw new ArgumentException($"A vote names a worker out of {workers} or a label out of {classes}.", nameof(votes));
        }
    }

    /// <summary>How many items there are.</summary>
    public int Items => _votes.Length;

    /// <summary>How many workers there are.</summary>
    public int Workers { get; }

    /// <summary>K, how many labels there are.</summary>
    public int Classes { get; }

    /// <summary>The votes on an item.</summary>
    /// <param name="item">From 0.</param>
    public ReadOnlySpan<WorkerVote> Of(int item) => _votes[item];

    /// <summary>The number that decides the ties of an item.</summary>
    /// <param name="item">From 0.</param>
    public ulong Coin(int item) => _coins[item];

    /// <summary>The label with the most votes; a tie is decided by the item's coin.</summary>
    /// <param name="item">From 0.</param>
    public int Majority(int item)
    {
        double[] counts = new double[Classes];
        foreach (WorkerVote vote in _votes[item])
        {
            counts[vote.Label]++;
        }

        return VoteWeights.Decide(counts, Coin(item));
    }
}
