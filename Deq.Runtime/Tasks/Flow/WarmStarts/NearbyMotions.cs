using System.Buffers;
using System.Numerics.Tensors;

namespace Deq.Runtime.Tasks.Flow.WarmStarts;

/// <summary>Chooses for every cell of a carried state whose motion it goes with: its own, that of a cell around it, or none, by what the pictures show.</summary>
/// <remarks>
/// Along an outline a state is soft, so cells there have motions of their own that nothing has, and moved along these the outline is torn. What moves
/// is then a piece of the old state, as it was around the thing that it belongs to; and what comes into view gets what lay there beside that thing before.
/// A motion is good if it leads back to the same colours and the flow found there leads on to them. The flow is the mean of what is found along all of
/// them, by how good they are; h is that along the best.
/// </remarks>
internal static class NearbyMotions
{
    private const int Spacing = 2;
    private const int Rings = 2;

    /// <summary>The weight of where a motion comes from, against 1 of where its flow leads to.</summary>
    private const float BackWeight = 0.5f;

    /// <summary>So much worse a cell's own motion may be and still count as good, greys.</summary>
    private const float OwnAdvantage = 0.3f;

    private enum Kind
    {
        /// <summary>The carried state as it is.</summary>
        Own,

        /// <summary>The same with the flow that goes on changing.</summary>
        Changed,

        /// <summary>The old state along the motion of a cell at some distance.</summary>
        Nearby,

        /// <summary>The old state where it was.</summary>
        Still,
    }

    /// <summary>Chooses.</summary>
    /// <param name="past">The last pair and its state.</param>
    /// <param name="second">The next frame.</param>
    /// <param name="changed">The carried flow as it goes on changing, <c>[2, H, W]</c>; empty: not known.</param>
    /// <param name="grid">Of the state.</param>
    /// <param name="carried">The carried state, <c>[Hidden + 2, H, W]</c>; receives what was chosen.</param>
    public static void Choose(FlowPast past, HalvedFrame second, ReadOnlySpan<float> changed, CellGrid grid, Span<float> carried)
    {
        int cells = grid.Layout.Cells;
        float[] rented = ArrayPool<float>.Shared.Rent(13 * cells);
        int[] chosen = ArrayPool<int>.Shared.Rent(cells);
        try
        {
            Span<float> planes = rented.AsSpan(0, 13 * cells);
            Span<float> own = planes[..(2 * cells)];
            Span<float> motion = planes.Slice(2 * cells, 2 * cells);
            Span<float> found = planes.Slice(4 * cells, 2 * cells);
            Span<float> cost = planes.Slice(6 * cells, cells);
            Span<float> scratch = planes.Slice(7 * cells, cells);
            Span<float> reference = planes.Slice(8 * cells, cells);
            Span<float> best = planes.Slice(9 * cells, cells);
            Span<float> sums = planes[(10 * cells)..];
            carried[(grid.Layout.Hidden * cells)..].CopyTo(own);
            sums.Clear();
            ReadOnlySpan<Candidate> candidates = Candidates(hasChanged: changed.Length > 0);
            for (int i = 0; i < candidates.Length; i++)
            {
                Follow(candidates[i], past.State.Span, own, changed, grid.Layout, motion, found);
                cost.Clear();
                grid.AddMismatch(past.First, second, found[..cells], found[cells..], 1, cost);
                grid.AddMismatch(past.First, past.Before, motion[..cells], motion[cells..], -BackWeight, cost);
                grid.Average(cost, scratch);
                if (i == 0)
                {
                    cost.CopyTo(reference);
                    best.Fill(float.PositiveInfinity);
                }

                Weigh(i, cost, reference, found, scratch, best, chosen, sums);
            }

            Take(candidates, chosen, past.State.Span, own, sums, grid, carried);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(rented);
            ArrayPool<int>.Shared.Return(chosen);
        }
    }

    private static Candidate[] Candidates(bool hasChanged)
    {
        List<Candidate> candidates = [new(Kind.Own, 0, 0)];
        if (hasChanged)
        {
            candidates.Add(new(Kind.Changed, 0, 0));
        }

        for (int ring = 1; ring <= Rings; ring++)
        {
            for (int direction = 0; direction < 9; direction++)
            {
                (int right, int down) = ((direction % 3) - 1, (direction / 3) - 1);
                if (right != 0 || down != 0)
                {
                    candidates.Add(new(Kind.Nearby, right * ring * Spacing, down * ring * Spacing));
                }
            }
        }

        candidates.Add(new(Kind.Still, 0, 0));
        return [.. candidates];
    }

    /// <summary>The motion that a candidate gives each cell, and the flow that is found along it.</summary>
    private static void Follow(
        Candidate candidate, ReadOnlySpan<float> state, ReadOnlySpan<float> own, ReadOnlySpan<float> changed, FlowStateLayout layout,
        Span<float> motion, Span<float> found)
    {
        int cells = layout.Cells;
        if (candidate.Kind is Kind.Own or Kind.Changed)
        {
            own.CopyTo(motion);
            (candidate.Kind == Kind.Own ? own : changed).CopyTo(found);
            return;
        }

        ReadOnlySpan<float> flow = state[(layout.Hidden * cells)..];
        for (int row = 0, cell = 0; row < layout.Height; row++)
        {
            for (int column = 0; column < layout.Width; column++, cell++)
            {
                (motion[cell], motion[cells + cell]) = candidate.MotionOf(column, row, own, layout);
                var place = StatePlace.Of(column - motion[cell], row - motion[cells + cell], layout);
                found[cell] = place.Read(flow);
                found[cells + cell] = place.Read(flow[cells..]);
            }
        }
    }

    /// <summary>Adds a candidate's flow by how good it is, and notes the best: what is worse by a grey counts e times less.</summary>
    private static void Weigh(
        int candidate, ReadOnlySpan<float> cost, ReadOnlySpan<float> reference, ReadOnlySpan<float> found, Span<float> worth, Span<float> best, Span<int> chosen, Span<float> sums)
    {
        int cells = cost.Length;
        float advantage = candidate == 0 ? OwnAdvantage : 0;
        TensorPrimitives.Subtract(reference, cost, worth);
        TensorPrimitives.Add(worth, advantage, worth);
        TensorPrimitives.Exp<float>(worth, worth);
        TensorPrimitives.MultiplyAdd(worth, found[..cells], sums[..cells], sums[..cells]);
        TensorPrimitives.MultiplyAdd(worth, found[cells..], sums.Slice(cells, cells), sums.Slice(cells, cells));
        TensorPrimitives.Add(sums[(2 * cells)..], worth, sums[(2 * cells)..]);
        for (int cell = 0; cell < cells; cell++)
        {
            if (cost[cell] - advantage < best[cell])
            {
                (best[cell], chosen[cell]) = (cost[cell] - advantage, candidate);
            }
        }
    }

    private static void Take(
        ReadOnlySpan<Candidate> candidates, ReadOnlySpan<int> chosen, ReadOnlySpan<float> state, ReadOnlySpan<float> own, ReadOnlySpan<float> sums,
        CellGrid grid, Span<float> carried)
    {
        FlowStateLayout layout = grid.Layout;
        int cells = layout.Cells;
        for (int cell = 0; cell < cells; cell++)
        {
            if (!grid.IsInFrame(cell))
            {
                continue;
            }

            carried[(layout.Hidden * cells) + cell] = sums[cell] / sums[(2 * cells) + cell];
            carried[((layout.Hidden + 1) * cells) + cell] = sums[cells + cell] / sums[(2 * cells) + cell];
            Candidate candidate = candidates[chosen[cell]];
            if (candidate.Kind is Kind.Nearby or Kind.Still)
            {
                (int row, int column) = Math.DivRem(cell, layout.Width);
                (float u, float v) = candidate.MotionOf(column, row, own, layout);
                var place = StatePlace.Of(column - u, row - v, layout);
                for (int channel = 0; channel < layout.Hidden; channel++)
                {
                    carried[(channel * cells) + cell] = place.Read(state[(channel * cells)..]);
                }
            }
        }
    }

    /// <summary>A motion that a cell may go with.</summary>
    private readonly record struct Candidate(Kind Kind, int Right, int Down)
    {
        public (float U, float V) MotionOf(int column, int row, ReadOnlySpan<float> own, FlowStateLayout layout)
        {
            if (Kind == Kind.Still)
            {
                return (0, 0);
            }

            int other = (Math.Clamp(row + Down, 0, layout.Height - 1) * layout.Width) + Math.Clamp(column + Right, 0, layout.Width - 1);
            return (own[other], own[layout.Cells + other]);
        }
    }

    /// <summary>A place between four cells of a plane; beyond the edges it is at them.</summary>
    private readonly record struct StatePlace(int LeftTop, int RightTop, int LeftBottom, int RightBottom, float Across, float Below)
    {
        public static StatePlace Of(float x, float y, FlowStateLayout layout)
        {
            // What is no number is nowhere: Clamp would let it pass.
            x = x > 0 ? Math.Min(x, layout.Width - 1) : 0;
            y = y > 0 ? Math.Min(y, layout.Height - 1) : 0;
            (int left, int top) = ((int)x, (int)y);
            (int right, int bottom) = (Math.Min(left + 1, layout.Width - 1), Math.Min(top + 1, layout.Height - 1));
            return new StatePlace(
                (top * layout.Width) + left, (top * layout.Width) + right, (bottom * layout.Width) + left, (bottom * layout.Width) + right, x - left, y - top);
        }

        public float Read(ReadOnlySpan<float> plane)
        {
            float upper = plane[LeftTop] + (Across * (plane[RightTop] - plane[LeftTop]));
            float lower = plane[LeftBottom] + (Across * (plane[RightBottom] - plane[LeftBottom]));
            return upper + (Below * (lower - upper));
        }
    }
}
