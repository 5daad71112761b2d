namespace Deq.Benchmarks.Bilevel;

/// <summary>Examples of two classes.</summary>
/// <param name="Features">X, <c>[n, p]</c>.</param>
/// <param name="Labels">y, −1 or 1, <c>[n]</c>.</param>
internal sealed record LabelledRows(SparseMatrix Features, double[] Labels)
{
    /// <summary>The examples of these numbers, in this order.</summary>
    public LabelledRows Select(IReadOnlyList<int> rows)
    {
        ArgumentNullException.ThrowIfNull(rows);
        return new LabelledRows(Features.Select(rows), [.. rows.Select(row => Labels[row])]);
    }
}

/// <summary>Examples to fit, to choose the regularization by, and to report on.</summary>
/// <param name="Train">What the inner problem fits.</param>
/// <param name="HeldOut">What the outer problem's loss is taken over.</param>
/// <param name="Test">Looked at only to report; may be empty.</param>
internal sealed record BilevelSplit(LabelledRows Train, LabelledRows HeldOut, LabelledRows Test)
{
    /// <summary>Splits at random.</summary>
    /// <param name="rows">All examples.</param>
    /// <param name="heldOutShare">In (0, 1).</param>
    /// <param name="testShare">In [0, 1); the two sum to less than 1.</param>
    /// <param name="seed">Decides who goes where.</param>
    /// <exception cref="ArgumentException">A part that is needed would be empty.</exception>
    public static BilevelSplit Of(LabelledRows rows, double heldOutShare, double testShare, int seed)
    {
        ArgumentNullException.ThrowIfNull(rows);
        int[] order = [.. Enumerable.Range(0, rows.Labels.Length)];
        new Random(seed).Shuffle(order);
        int held = (int)Math.Round(heldOutShare * order.Length);
        int test = (int)Math.Round(testShare * order.Length);
        if (held < 1 || held + test >= order.Length)
        {
            throw new ArgumentException(
                $"Of {order.Length} rows, {held} would be held out and {test} be for the test: none is left for one part.", nameof(rows));
        }

        return new BilevelSplit(rows.Select(order[(held + test)..]), rows.Select(order[..held]), rows.Select(order[held..(held + test)]));
    }
}
