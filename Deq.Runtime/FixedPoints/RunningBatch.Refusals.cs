namespace Deq.Runtime.FixedPoints;

/// <content>Rows whose end is taken back because their answer was refused.</content>
public sealed partial class RunningBatch
{
    /// <summary>How often the present start of a row was refused.</summary>
    /// <param name="finished">Its place in <see cref="Finished"/>.</param>
    public int Refusals(int finished) => _rows[_finished[finished].Row].Refusals;

    /// <summary>
    /// Lets a row that the last step finished continue from where it is. Its best iterate is from now on the best of those that follow; the one that was refused
    /// stays only until there is another. A row that has nothing left to spend stays finished, and where it had converged, it is <see cref="StopReason.Refused"/>.
    /// </summary>
    /// <param name="finished">Its place in <see cref="Finished"/>, from which it is removed; not after the next <see cref="Release"/>, join or step.</param>
    /// <returns>Whether it continues.</returns>
    public bool TryGoOn(int finished) => TryTakeBack(finished) is not null;

    /// <summary>As <see cref="TryGoOn"/>, but the row begins again: the caller then writes another z₀ into <see cref="IterateSlot"/>. What it has spent counts on.</summary>
    /// <param name="finished">Its place in <see cref="Finished"/>, from which it is removed.</param>
    /// <param name="row">The row.</param>
    /// <returns>Whether it begins again.</returns>
    public bool TryBeginAgain(int finished, out int row)
    {
        row = _finished[finished].Row;
        if (TryTakeBack(finished) is not { } state)
        {
            return false;
        }

        KeepBest(row);
        state.BeginElsewhere();
        Forget(row);
        return true;
    }

    /// <summary>Makes the end of a row that had converged <see cref="StopReason.Refused"/>.</summary>
    /// <param name="finished">Its place in <see cref="Finished"/>, where it stays.</param>
    public void Refuse(int finished) => End(finished, StopReason.Refused);

    private BatchRow? TryTakeBack(int finished)
    {
        FinishedRow done = _finished[finished];
        BatchRow state = _rows[done.Row];
        if (state.Spent(_clock, _clock.GetTimestamp()) is { } spent)
        {
            if (done.Solution.Converged)
            {
                End(finished, spent is StopReason.Cancelled or StopReason.Superseded ? spent : StopReason.Refused);
            }

            return null;
        }

        _finished.RemoveAt(finished);
        state.TakeBack();
        return state;
    }

    private void End(int finished, StopReason stop) =>
        _finished[finished] = _finished[finished] with { Solution = _finished[finished].Solution with { Stop = stop } };

    /// <summary>Moves a row's best iterate to where no start is written, and no slot exchanged.</summary>
    private void KeepBest(int row)
    {
        BatchRow state = _rows[row];
        if (state.BestSlot >= 0 && state.BestSlot != _best)
        {
            _space.CopyRow(state.BestSlot, _best, row);
            state.BestSlot = _best;
        }
    }
}
