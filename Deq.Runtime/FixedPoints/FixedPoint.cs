namespace Deq.Runtime.FixedPoints;

/// <summary>Solves a fixed set of rows: the loop with all rows joining at the start.</summary>
public static class FixedPoint
{
    /// <summary>Solves z = f(z) for every row of <paramref name="batch"/> already joined, and hands each over as it finishes.</summary>
    /// <param name="batch">A batch whose rows have joined and whose starts are written.</param>
    /// <param name="finished">Called once per row; the state it names is valid during the call.</param>
    /// <returns>Steps made: the evaluations of the row that took longest.</returns>
    public static int Run(RunningBatch batch, Action<FinishedRow> finished)
    {
        ArgumentNullException.ThrowIfNull(finished);
        return RunInGroups(batch, rows =>
        {
            for (int i = 0; i < rows.Count; i++)
            {
                finished(rows[i]);
            }
        });
    }

    /// <summary>The same, with all rows that finish in one step handed over together, so that one copy serves them all where copying is expensive.</summary>
    /// <param name="batch">A batch whose rows have joined and whose starts are written.</param>
    /// <param name="finished">Called once per step that finished a row; the states it names are valid during the call.</param>
    /// <returns>Steps made.</returns>
    public static int RunInGroups(RunningBatch batch, Action<IReadOnlyList<FinishedRow>> finished)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ArgumentNullException.ThrowIfNull(finished);
        int steps = 0;
        for (; batch.Rows > 0; steps++)
        {
            batch.Step();
            if (batch.Finished.Count > 0)
            {
                finished(batch.Finished);
            }

            batch.Release();
        }

        return steps;
    }
}
