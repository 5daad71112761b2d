using System.Buffers;

namespace Deq.Runtime.Tasks.Flow.WarmStarts;

/// <summary>The state in which the next pair's solve is expected to end: the last one, moved along its motion and held against the pictures.</summary>
/// <remarks>
/// Where two things move to one place the one wins whose motion the last two frames bear out. Then every cell chooses among the motions around it, and the
/// flow is corrected by what it leaves the next two frames apart. All of it costs a fraction of an evaluation, on the thread that asks.
/// </remarks>
public static class PredictedStart
{
    /// <summary>A flow that leaves a cell's pixels so much further apart is trusted e times less, greys.</summary>
    private const float TrustedMismatch = 2;

    private const float LeastTrust = 1e-4f;

    /// <summary>Predicts.</summary>
    /// <param name="past">The last pair, its state, and what came before it.</param>
    /// <param name="second">The next frame, of the same size.</param>
    /// <param name="layout">How states lie in memory.</param>
    /// <param name="stride">Pixels per cell, at least 1.</param>
    /// <param name="options">What fills what nothing moves to, and what the start is multiplied by in the end.</param>
    /// <param name="start">Receives <c>[Hidden + 2, Height, Width]</c>; must not overlap with the last state.</param>
    /// <exception cref="ArgumentException">A length is not that of the layout, sizes of frames differ, or memory overlaps.</exception>
    public static void Predict(FlowPast past, HalvedFrame second, FlowStateLayout layout, double stride, CarryOptions options, Span<float> start)
    {
        ArgumentNullException.ThrowIfNull(past);
        ArgumentNullException.ThrowIfNull(second);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(stride, 1);
        Check(past, second, layout);
        var grid = new CellGrid(second, layout, stride);
        int cells = layout.Cells;
        float[] rented = ArrayPool<float>.Shared.Rent(3 * cells);
        try
        {
            Span<float> trust = rented.AsSpan(0, cells);
            Trust(past, grid, trust, rented.AsSpan(cells, cells));
            CarriedFlow.Carry(past.State.Span, layout, new CarryOptions { Fill = options.Fill }, trust, start);
            Span<float> flow = start[(layout.Hidden * cells)..];
            Span<float> changed = past.EarlierFlow.IsEmpty ? [] : rented.AsSpan(cells, 2 * cells);
            if (!past.EarlierFlow.IsEmpty)
            {
                MotionChange.Repeat(past.EarlierFlow.Span, past.State.Span[(layout.Hidden * cells)..], flow, grid, changed);
            }

            NearbyMotions.Choose(past, second, changed, grid, start);
            MotionCorrection.Apply(past.First, second, grid, flow);
            options.Scale(start, layout);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(rented);
        }
    }

    /// <summary>How far each cell's flow is borne out by the two frames that it was found on, above 0 to 1.</summary>
    private static void Trust(FlowPast past, CellGrid grid, Span<float> trust, Span<float> scratch)
    {
        FlowStateLayout layout = grid.Layout;
        ReadOnlySpan<float> flow = past.State.Span[(layout.Hidden * layout.Cells)..];
        trust.Clear();
        grid.AddMismatch(past.Before, past.First, flow[..layout.Cells], flow[layout.Cells..], 1, trust);
        grid.Average(trust, scratch);
        foreach (ref float cell in trust)
        {
            cell = Math.Max(LeastTrust, MathF.Exp(-cell / TrustedMismatch));
        }
    }

    private static void Check(FlowPast past, HalvedFrame second, FlowStateLayout layout)
    {
        if (!past.Before.IsLike(past.First) || !past.First.IsLike(second))
        {
            throw new ArgumentException("The three frames must be of one size.", nameof(second));
        }

        if (!past.EarlierFlow.IsEmpty && past.EarlierFlow.Length != 2 * layout.Cells)
        {
            throw new ArgumentException($"The earlier flow has {past.EarlierFlow.Length} numbers; [2, {layout.Height}, {layout.Width}] needs {2 * layout.Cells}.", nameof(past));
        }
    }
}
