using Deq.Runtime.FixedPoints;
using Deq.Runtime.States;

namespace Deq.Testing;

/// <summary>Solves in host memory.</summary>
public static class HostFixedPoint
{
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
        FixedPoint.Run(batch, done =>
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
