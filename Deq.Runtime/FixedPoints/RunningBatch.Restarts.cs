namespace Deq.Runtime.FixedPoints;

/// <content>Rows that try several starts before they continue from one.</content>
public sealed partial class RunningBatch
{
    /// <summary>
    /// Lets a row that is not done begin again. The caller then writes another z₀ into <see cref="IterateSlot"/>. What the row has spent counts on, and its best
    /// iterate stays its best; its history is forgotten.
    /// </summary>
    /// <param name="row">A row in [0, <see cref="Rows"/>) that is not done, whose <see cref="RowGrant.Starts"/> allow it.</param>
    /// <exception cref="InvalidOperationException">The row has begun as often as it may.</exception>
    public void Restart(int row)
    {
        BatchRow state = _rows[row];
        if (state.StartsLeft <= 0)
        {
            throw new InvalidOperationException("The row has begun as often as its grant allows.");
        }

        KeepBest(row);
        state.BeginAgain();
        Forget(row);
    }

    /// <summary>Lets a row that is not done continue from its best iterate, which must be from before its last <see cref="Restart"/>; its history is forgotten.</summary>
    /// <param name="row">A row in [0, <see cref="Rows"/>) that is not done.</param>
    public void ReturnToBest(int row)
    {
        BatchRow state = _rows[row];
        if (state.BestSlot != _best)
        {
            throw new InvalidOperationException("The row's best iterate is not from before it began again.");
        }

        _space.CopyRow(_best, _history.Iterate, row);
        state.BeginHistory();
        state.Cycle.Begin();
        Forget(row);
    }

    private void Forget(int row)
    {
        _history.Forget(row);
        _rule.Forget(row);
    }
}
