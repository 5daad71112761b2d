namespace Deq.Runtime.Trust;

/// <summary>What the votes on an item say about its label, learned from items whose truth is known (gold).</summary>
internal interface IVoteModel
{
    /// <summary>As answers name it.</summary>
    string Name { get; }

    /// <summary>The scores of the labels: log posterior, up to a constant.</summary>
    /// <param name="item">From 0.</param>
    /// <param name="leavesOut">Whether the item's own truth is left out of what was learned; only where it is known.</param>
    /// <param name="scores">K numbers; written.</param>
    void Score(int item, bool leavesOut, Span<double> scores);
}
