using System.Buffers;
using System.Numerics.Tensors;

namespace Deq.Runtime.Tasks.Flow.WarmStarts;

/// <summary>A state of optical flow moved to the next frame along its own motion, each cell spread over the four cells around the place it moves to.</summary>
/// <remarks>
/// A cell becomes the mean of what is spread onto it, weighted by how much of it falls there. What leaves the frame, or does not move by a number,
/// arrives nowhere. Nothing is allocated once the shared pools are warm.
/// </remarks>
public static class CarriedFlow
{
    /// <summary>A cell of which less is covered counts as one onto which nothing moves, a share.</summary>
    public const float LeastCover = 0.25f;

    private const int Corners = 4;
    private const int None = -1;
    private const float Hole = -1;

    /// <summary>Carries a state.</summary>
    /// <param name="state"><c>[Hidden + 2, Height, Width]</c>.</param>
    /// <param name="layout">Its sizes.</param>
    /// <param name="options">What becomes of it on the way.</param>
    /// <param name="carried">Receives <c>[Hidden + 2, Height, Width]</c>; must not overlap with <paramref name="state"/>.</param>
    /// <returns>How many cells nothing moved to, 0 to Height·Width.</returns>
    /// <exception cref="ArgumentException">A length is not that of the layout, or the two overlap.</exception>
    public static int Carry(ReadOnlySpan<float> state, FlowStateLayout layout, CarryOptions options, Span<float> carried) =>
        Carry(state, layout, options, [], carried);

    /// <summary>Carries a state of which some cells are to be believed more than others: where several arrive, each counts by how far.</summary>
    /// <param name="state">As above.</param>
    /// <param name="layout">As above.</param>
    /// <param name="options">As above.</param>
    /// <param name="trust"><c>[Height, Width]</c>, each above 0; empty: all are believed alike.</param>
    /// <param name="carried">As above.</param>
    /// <returns>As above; trust has no part in it.</returns>
    /// <exception cref="ArgumentException">As above, or there is a trust for some cells only.</exception>
    public static int Carry(ReadOnlySpan<float> state, FlowStateLayout layout, CarryOptions options, ReadOnlySpan<float> trust, Span<float> carried)
    {
        ArgumentNullException.ThrowIfNull(options);
        Check(state, layout, trust, carried);
        int cells = layout.Cells;
        int[] places = ArrayPool<int>.Shared.Rent(Corners * cells);
        float[] shares = ArrayPool<float>.Shared.Rent((Corners + 1) * cells);
        try
        {
            Span<int> targets = places.AsSpan(0, Corners * cells);
            Span<float> weights = shares.AsSpan(0, Corners * cells);
            Span<float> portions = shares.AsSpan(Corners * cells, cells);
            Aim(state, layout, targets, weights);
            int holes = Cover(targets, weights, portions);
            if (!trust.IsEmpty)
            {
                Trust(targets, trust, weights, portions);
            }

            for (int channel = 0; channel < layout.Hidden + 2; channel++)
            {
                Spread(state.Slice(channel * cells, cells), targets, weights, portions, carried.Slice(channel * cells, cells));
            }

            if (holes > 0)
            {
                Fill(state, layout, options.Fill, portions, targets[..(2 * cells)], carried);
            }

            options.Scale(carried, layout);
            return holes;
        }
        finally
        {
            ArrayPool<int>.Shared.Return(places);
            ArrayPool<float>.Shared.Return(shares);
        }
    }

    /// <summary>Notes for every cell the four cells around where it moves, those outside as <see cref="None"/>, and its share in each.</summary>
    private static void Aim(ReadOnlySpan<float> state, FlowStateLayout layout, Span<int> targets, Span<float> weights)
    {
        (int height, int width, int cells) = (layout.Height, layout.Width, layout.Cells);
        ReadOnlySpan<float> u = state.Slice(layout.Hidden * cells, cells);
        ReadOnlySpan<float> v = state.Slice((layout.Hidden + 1) * cells, cells);
        for (int cell = 0; cell < cells; cell++)
        {
            (float x, float y) = ((cell % width) + u[cell], (cell / width) + v[cell]);
            bool isSeen = x > -1 && x < width && y > -1 && y < height;
            (float left, float top) = (MathF.Floor(x), MathF.Floor(y));
            for (int corner = 0; corner < Corners; corner++)
            {
                (int right, int down) = (corner & 1, corner >> 1);
                (float column, float row) = (left + right, top + down);
                bool isInside = isSeen && column >= 0 && column < width && row >= 0 && row < height;
                targets[(Corners * cell) + corner] = isInside ? ((int)row * width) + (int)column : None;
                weights[(Corners * cell) + corner] = (right == 1 ? x - left : 1 - (x - left)) * (down == 1 ? y - top : 1 - (y - top));
            }
        }
    }

    /// <summary>Sums what covers each cell, and turns it into what a sum over the cell is multiplied by: 0 where too little is covered.</summary>
    private static int Cover(ReadOnlySpan<int> targets, ReadOnlySpan<float> weights, Span<float> portions)
    {
        portions.Clear();
        for (int i = 0; i < targets.Length; i++)
        {
            if (targets[i] != None)
            {
                portions[targets[i]] += weights[i];
            }
        }

        int holes = 0;
        foreach (ref float portion in portions)
        {
            bool isHole = portion < LeastCover;
            holes += isHole ? 1 : 0;
            portion = isHole ? 0 : 1 / portion;
        }

        return holes;
    }

    /// <summary>Multiplies what is spread by how far it is believed, and what a sum over a covered cell is multiplied by to match.</summary>
    private static void Trust(ReadOnlySpan<int> targets, ReadOnlySpan<float> trust, Span<float> weights, Span<float> portions)
    {
        Span<float> believed = portions;
        for (int cell = 0; cell < believed.Length; cell++)
        {
            believed[cell] = believed[cell] > 0 ? 0 : Hole;
        }

        for (int i = 0; i < targets.Length; i++)
        {
            weights[i] *= trust[i / Corners];
            if (targets[i] != None && believed[targets[i]] >= 0)
            {
                believed[targets[i]] += weights[i];
            }
        }

        foreach (ref float portion in believed)
        {
            portion = portion > 0 ? 1 / portion : 0;
        }
    }

    private static void Spread(ReadOnlySpan<float> from, ReadOnlySpan<int> targets, ReadOnlySpan<float> weights, ReadOnlySpan<float> portions, Span<float> to)
    {
        to.Clear();
        for (int i = 0; i < targets.Length; i++)
        {
            if (targets[i] != None)
            {
                to[targets[i]] += weights[i] * from[i / Corners];
            }
        }

        TensorPrimitives.Multiply(to, portions, to);
    }

    /// <summary>Gives every hole what another cell has, if any.</summary>
    private static void Fill(ReadOnlySpan<float> state, FlowStateLayout layout, CarryFill fill, ReadOnlySpan<float> portions, Span<int> scratch, Span<float> carried)
    {
        int cells = layout.Cells;
        Span<int> sources = scratch[..cells];
        for (int cell = 0; cell < cells; cell++)
        {
            sources[cell] = portions[cell] > 0 ? cell : None;
        }

        if (fill == CarryFill.Background)
        {
            FillBackground(carried, layout, sources, scratch[cells..]);
        }

        for (int channel = 0; channel < layout.Hidden + 2 && fill != CarryFill.Cold; channel++)
        {
            Span<float> plane = carried.Slice(channel * cells, cells);
            ReadOnlySpan<float> before = state.Slice(channel * cells, cells);
            for (int cell = 0; cell < cells; cell++)
            {
                int source = sources[cell];
                plane[cell] = fill == CarryFill.Unmoved && source == None ? before[cell] : source == None ? 0 : plane[source];
            }
        }
    }

    private static void FillBackground(ReadOnlySpan<float> carried, FlowStateLayout layout, Span<int> sources, Span<int> filled)
    {
        (int height, int width, int cells) = (layout.Height, layout.Width, layout.Cells);
        ReadOnlySpan<float> u = carried.Slice(layout.Hidden * cells, cells);
        ReadOnlySpan<float> v = carried.Slice((layout.Hidden + 1) * cells, cells);
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

    private static float Square(ReadOnlySpan<float> u, ReadOnlySpan<float> v, int cell) => (u[cell] * u[cell]) + (v[cell] * v[cell]);

    private static void Check(ReadOnlySpan<float> state, FlowStateLayout layout, ReadOnlySpan<float> trust, Span<float> carried)
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

        if (!trust.IsEmpty && trust.Length != layout.Cells)
        {
            throw new ArgumentException($"Trust has {trust.Length} numbers; [{layout.Height}, {layout.Width}] needs {layout.Cells}.", nameof(trust));
        }

        if (state.Overlaps(carried))
        {
            throw new ArgumentException("A state cannot be carried onto itself.", nameof(carried));
        }
    }
}
