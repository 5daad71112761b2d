using System.Buffers;
using System.Numerics.Tensors;

namespace Deq.Runtime.Tasks.Flow.WarmStarts;

/// <summary>How motion changes from pair to pair: what moves faster is taken to go on doing so.</summary>
internal static class MotionChange
{
    /// <summary>Over how many cells to each side a change is averaged; what is smaller is error.</summary>
    private const int Reach = 6;

    /// <summary>The carried flow and once more what the last pair's flow differed by from that of the pair before it, each moved to where it goes on.</summary>
    /// <param name="earlier">The flow of the pair before the last, <c>[2, H, W]</c>.</param>
    /// <param name="flow">The last pair's, likewise.</param>
    /// <param name="carried">The last pair's, moved.</param>
    /// <param name="grid">Of the state.</param>
    /// <param name="changed">Receives the flow, likewise.</param>
    public static void Repeat(ReadOnlySpan<float> earlier, ReadOnlySpan<float> flow, ReadOnlySpan<float> carried, CellGrid grid, Span<float> changed)
    {
        FlowStateLayout layout = grid.Layout;
        int cells = layout.Cells;
        float[] rented = ArrayPool<float>.Shared.Rent(8 * cells);
        try
        {
            Span<float> change = rented.AsSpan(0, 2 * cells);
            Span<float> along = rented.AsSpan(2 * cells, 2 * cells);
            Span<float> moved = rented.AsSpan(4 * cells, 4 * cells);
            CarriedFlow.Carry(earlier, layout with { Hidden = 0 }, CarryOptions.AsTrained, change);
            TensorPrimitives.Subtract(flow, change, change);
            grid.Smooth(change[..cells], Reach, along[..cells]);
            grid.Smooth(change[cells..], Reach, along[..cells]);
            flow.CopyTo(along);
            CarriedFlow.Carry(rented.AsSpan(0, 4 * cells), layout with { Hidden = 2 }, CarryOptions.AsTrained, moved);
            TensorPrimitives.Add(carried, moved[..(2 * cells)], changed);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(rented);
        }
    }
}
