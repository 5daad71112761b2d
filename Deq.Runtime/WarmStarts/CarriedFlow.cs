using System.Buffers;

namespace Deq.Runtime.WarmStarts;

/// <summary>A state of optical flow moved to the next frame along its own motion: each cell goes to the cell that it moves nearest to.</summary>
/// <remarks>
/// Of several cells that arrive at one place, the one that moves furthest stays, and of equals the last in reading order: what moves most is
/// mostly in front. What leaves the frame, or does not move by a number, arrives nowhere. Under <see cref="CarryOptions.AsTrained"/> this is
/// what estimators are trained to start from. Nothing is allocated once the shared pool is warm.
/// </remarks>
public static class CarriedFlow
{
    private const int None = -1;

    /// <summary>Carries a state.</summary>
    /// <param name="state"><c>[Hidden + 2, Height, Width]</c>.</param>
    /// <param name="layout">Its sizes.</param>
    /// <param name="options">What becomes of it on the way.</param>
    /// <param name="carried">Receives <c>[Hidden + 2, Height, Width]</c>; must not overlap with <paramref name="state"/>.</param>
    /// <returns>How many cells nothing moved to, 0 to Height·Width.</returns>
    /// <exception cref="ArgumentException">A length is not that of the layout, or the two overlap.</exception>
    public static int Carry(ReadOnlySpan<float> state, FlowStateLayout layout, CarryOptions options, Span<float> carried)
    {
        ArgumentNullException.ThrowIfNull(options);
        Check(state, layout, carried);
        int cells = layout.Cells;
        int[] rented = ArrayPool<int>.Shared.Rent(2 * cells);
        try
        {
            Span<int> sources = rented.AsSpan(0, cells);
            int holes = Arrive(state, layout, sources);
            switch (options.Fill)
            {
                case CarryFill.Unmoved:
                    FillUnmoved(sources);
                    break;
                case CarryFill.Background:
                    FillBackground(state, layout, sources, rented.AsSpan(cells, cells));
                    break;
            }

            for (int channel = 0; channel < layout.Hidden + 2; channel++)
            {
                float scale = channel < layout.Hidden ? options.HiddenScale : options.FlowScale;
                Gather(state.Slice(channel * cells, cells), sources, scale, carried.Slice(channel * cells, cells));
            }

            return holes;
        }
        finally
        {
            ArrayPool<int>.Shared.Return(rented);
        }
    }

    /// <summary>Notes for every cell which one arrives there; how many have none.</summary>
    private static int Arrive(ReadOnlySpan<float> state, FlowStateLayout layout, Span<int> sources)
    {
        (int height, int width, int cells) = (layout.Height, layout.Width, layout.Cells);
        ReadOnlySpan<float> u = state.Slice(layout.Hidden * cells, cells);
        ReadOnlySpan<float> v = state.Slice((layout.Hidden + 1) * cells, cells);
        sources.Fill(None);
        int holes = cells;
        for (int cell = 0; cell < cells; cell++)
        {
            float column = MathF.Round(cell % width + u[cell]);
            float row = MathF.Round(cell / width + v[cell]);
            if (!(column >= 0 && column < width && row >= 0 && row < height))
            {
                continue;
            }

            int place = ((int)row * width) + (int)column;
            int rival = sources[place];
            holes -= rival == None ? 1 : 0;
            if (rival == None || Square(u, v, cell) >= Square(u, v, rival))
            {
                sources[place] = cell;
            }
        }

        return holes;
    }

    private static void FillUnmoved(Span<int> sources)
    {
        for (int cell = 0; cell < sources.Length; cell++)
        {
            sources[cell] = sources[cell] == None ? cell : sources[cell];
        }
    }

    private static void FillBackground(ReadOnlySpan<float> state, FlowStateLayout layout, Span<int> sources, Span<int> filled)
    {
        (int height, int width, int cells) = (layout.Height, layout.Width, layout.Cells);
        ReadOnlySpan<float> u = state.Slice(layout.Hidden * cells, cells);
        ReadOnlySpan<float> v = state.Slice((layout.Hidden + 1) * cells, cells);
        filled.Fill(None);
        for (int row = 0; row < height; row++)
        {
            Sweep(row * width, 1, width, u, v, sources, filled);
            Sweep((row * width) + width - 1, -1, width, u, v, sources, filled);
        }

        for (int column = 0; column < width; column++)
        {
            Sweep(column, width, height, u, v, sources, filled);
            Sweep(((height - 1) * width) + column, -width, height, u, v, sources, filled);
        }

        for (int cell = 0; cell < cells; cell++)
        {
            sources[cell] = sources[cell] == None ? filled[cell] : sources[cell];
        }
    }

    /// <summary>Offers every hole on a line what arrived before it on the way; it keeps what moves least of all it was offered.</summary>
    private static void Sweep(
        int first, int stride, int count, ReadOnlySpan<float> u, ReadOnlySpan<float> v, ReadOnlySpan<int> sources, Span<int> filled)
    {
        int last = None;
        for (int i = 0, cell = first; i < count; i++, cell += stride)
        {
            if (sources[cell] != None)
            {
                last = sources[cell];
            }
            else if (last != None && (filled[cell] == None || Square(u, v, last) < Square(u, v, filled[cell])))
            {
                filled[cell] = last;
            }
        }
    }

    private static void Gather(ReadOnlySpan<float> from, ReadOnlySpan<int> sources, float scale, Span<float> to)
    {
        for (int cell = 0; cell < sources.Length; cell++)
        {
            int source = sources[cell];
            to[cell] = source == None ? 0 : scale * from[source];
        }
    }

    private static float Square(ReadOnlySpan<float> u, ReadOnlySpan<float> v, int cell) => (u[cell] * u[cell]) + (v[cell] * v[cell]);

    private static void Check(ReadOnlySpan<float> state, FlowStateLayout layout, Span<float> carried)
    {
        if (layout.Hidden < 0 || layout.Height < 1 || layout.Width < 1)
        {
            throw new ArgumentException($"A state of {layout.Hidden} hidden channels and {layout.Height} x {layout.Width} cells is none.", nameof(layout));
        }

        if (state.Length != layout.Length || carried.Length != layout.Length)
        {
            throw new ArgumentException(
                $"State and carried state have {state.Length} and {carried.Length} numbers; [{layout.Hidden + 2}, {layout.Height}, {layout.Width}] needs "
                + $"{layout.Length}.", nameof(state));
        }

        if (state.Overlaps(carried))
        {
            throw new ArgumentException("A state cannot be carried onto itself.", nameof(carried));
        }
    }
}
