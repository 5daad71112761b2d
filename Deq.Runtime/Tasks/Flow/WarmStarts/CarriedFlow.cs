using System.Buffers;
using System.Numerics.Tensors;

namespace Deq.Runtime.Tasks.Flow.WarmStarts;

/// <summary>Forward warping of a flow state along its own flow: each cell is spread bilinearly over the four cells around the place it moves to.</summary>
/// <remarks>
/// A cell becomes the mean of what is spread onto it, weighted by its shares. Cells that leave the frame, or move by NaN or infinity, are dropped.
/// Disoccluded cells are filled with the background: of the nearest covered cells in the row and the column, the one that moves least.
/// Nothing is allocated once the shared pools are warm.
/// </remarks>
public static class CarriedFlow
{
    /// <summary>A cell of which a smaller share is covered counts as disoccluded.</summary>
    internal const float LeastCover = 0.25f;

    private const int Corners = 4;
    private const int None = -1;

    /// <summary>Warps a state.</summary>
    /// <param name="state"><c>[Hidden + 2, Height, Width]</c>.</param>
    /// <param name="layout">Its sizes.</param>
    /// <param name="carried">Receives <c>[Hidden + 2, Height, Width]</c>, zeros where nothing is covered at all; must not overlap with <paramref name="state"/>.</param>
    /// <exception cref="ArgumentException">A length is not that of the layout, or the two overlap.</exception>
    public static void Carry(ReadOnlySpan<float> state, FlowStateLayout layout, Span<float> carried)
    {
        Check(state, layout, carried);
        int cells = layout.Cells;
        int[] places = ArrayPool<int>.Shared.Rent(Corners * cells);
        float[] shares = ArrayPool<float>.Shared.Rent((Corners + 1) * cells);
        try
        {
            Span<int> targets = places.AsSpan(0, Corners * cells);
            Span<float> weights = shares.AsSpan(0, Corners * cells);
            Span<float> portions = shares.AsSpan(Corners * cells, cells);
            Aim(state, layout, targets, weights);
            bool hasHoles = Cover(targets, weights, portions);
            for (int channel = 0; channel < layout.Hidden + 2; channel++)
            {
                Spread(state.Slice(channel * cells, cells), targets, weights, portions, carried.Slice(channel * cells, cells));
            }

            if (hasHoles)
            {
                Fill(layout, portions, targets[..(2 * cells)], carried);
            }
        }
        finally
        {
            ArrayPool<int>.Shared.Return(places);
            ArrayPool<float>.Shared.Return(shares);
        }
    }

    /// <summary>Notes for every cell the four cells around where it moves, <see cref="None"/> for those outside, and its share in each.</summary>
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

    /// <summary>Makes the factor that turns a sum over a cell into the mean: 0 of a disoccluded cell. Returns whether there is one.</summary>
    private static bool Cover(ReadOnlySpan<int> targets, ReadOnlySpan<float> weights, Span<float> portions)
    {
        portions.Clear();
        for (int i = 0; i < targets.Length; i++)
        {
            if (targets[i] != None)
            {
                portions[targets[i]] += weights[i];
            }
        }

        bool hasHoles = false;
        foreach (ref float portion in portions)
        {
            bool isHole = portion < LeastCover;
            hasHoles |= isHole;
            portion = isHole ? 0 : 1 / portion;
        }

        return hasHoles;
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

    /// <summary>Gives every disoccluded cell what the cell chosen for it holds, if any.</summary>
    private static void Fill(FlowStateLayout layout, ReadOnlySpan<float> portions, Span<int> scratch, Span<float> carried)
    {
        (int height, int width, int cells) = (layout.Height, layout.Width, layout.Cells);
        ReadOnlySpan<float> u = carried.Slice(layout.Hidden * cells, cells);
        ReadOnlySpan<float> v = carried.Slice((layout.Hidden + 1) * cells, cells);
        Span<int> filled = scratch[..cells];
        filled.Fill(None);
        for (int row = 0; row < height; row++)
        {
            Sweep(row * width, 1, width, u, v, portions, filled);
            Sweep((row * width) + width - 1, -1, width, u, v, portions, filled);
        }

        for (int column = 0; column < width; column++)
        {
            Sweep(column, width, height, u, v, portions, filled);
            Sweep(((height - 1) * width) + column, -width, height, u, v, portions, filled);
        }

        for (int channel = 0; channel < layout.Hidden + 2; channel++)
        {
            Span<float> plane = carried.Slice(channel * cells, cells);
            for (int cell = 0; cell < cells; cell++)
            {
                plane[cell] = filled[cell] == None ? plane[cell] : plane[filled[cell]];
            }
        }
    }

    /// <summary>Offers every disoccluded cell of a line the last covered cell before it; it keeps the slowest of those offered.</summary>
    private static void Sweep(int first, int stride, int count, ReadOnlySpan<float> u, ReadOnlySpan<float> v, ReadOnlySpan<float> portions, Span<int> filled)
    {
        int last = None;
        for (int i = 0, cell = first; i < count; i++, cell += stride)
        {
            if (portions[cell] > 0)
            {
                last = cell;
            }
            else if (last != None && (filled[cell] == None || Square(u, v, last) < Square(u, v, filled[cell])))
            {
                filled[cell] = last;
            }
        }
    }

    private static float Square(ReadOnlySpan<float> u, ReadOnlySpan<float> v, int cell) => (u[cell] * u[cell]) + (v[cell] * v[cell]);

    private static void Check(ReadOnlySpan<float> state, FlowStateLayout layout, Span<float> carried)
    {
        if (layout.Hidden < 0 || layout.Height < 1 || layout.Width < 1)
        {
            throw new ArgumentException($"A state has at least 0 hidden channels and 1 x 1 cells, not {layout.Hidden} and {layout.Height} x {layout.Width}.", nameof(layout));
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
