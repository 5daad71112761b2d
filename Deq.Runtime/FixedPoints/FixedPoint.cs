using Deq.Runtime.States;

namespace Deq.Runtime.FixedPoints;

/// <summary>Finds fixed points of a fixed set of rows: the loop with everyone joining at the start.</summary>
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

    /// <summary>The same, with all rows that finish in one step handed over together: where copying is dear, one copy serves them all.</summary>
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

    /// <summary>Solves z = f(z) in host memory for rows that share one grant.</summary>
    /// <param name="space">A fresh space; its capacity is the number of rows B.</param>
    /// <param name="map">f, bound to that space.</param>
    /// <param name="method">How the next iterate is proposed.</param>
    /// <param name="start">z₀, <c>[B, D]</c>: zeros, or a warm start.</param>
    /// <param name="grant">What each row may spend.</param>
    /// <param name="clock">Measures time budgets; null is the system's.</param>
    /// <exception cref="ArgumentException"><paramref name="start"/> is not <c>[B, D]</c>.</exception>
    public static FixedPointSolution Solve(
        HostStateSpace space,
        IFixedPointMap map,
        IFixedPointMethod method,
        ReadOnlySpan<float> start,
        RowGrant grant,
        TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(space);
        if (start.Length != space.Capacity * space.Width)
        {
            throw new ArgumentException(
                $"Start has {start.Length} numbers; the map needs [{space.Capacity}, {space.Width}].", nameof(start));
        }

        var batch = new RunningBatch(space, map, method, clock ?? TimeProvider.System);
        for (int i = 0; i < space.Capacity; i++)
        {
            batch.Join(grant, out int row);
            start.Slice(row * space.Width, space.Width).CopyTo(space.Row(batch.IterateSlot, row));
        }

        float[] state = new float[start.Length];
        var rows = new RowSolution[space.Capacity];
        Run(batch, done =>
        {
            rows[done.Ticket] = done.Solution;
            space.Row(done.Slot, done.Row).CopyTo(state.AsSpan(done.Ticket * space.Width));
        });
        return new FixedPointSolution(state, rows);
    }
}

/// <summary>The result of a solve in host memory.</summary>
/// <param name="State">z, <c>[B, D]</c>: per row, the f(z_k) whose residual at z_k was smallest.</param>
/// <param name="Rows">How each row ended, in the order of the start.</param>
public sealed record FixedPointSolution(float[] State, IReadOnlyList<RowSolution> Rows);
