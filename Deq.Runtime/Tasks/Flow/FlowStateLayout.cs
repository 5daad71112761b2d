using Deq.Runtime.Models;

namespace Deq.Runtime.Tasks.Flow;

/// <summary>How a state of optical flow lies in memory: <c>[Hidden + 2, Height, Width]</c>, the last two channels are u and v in cells.</summary>
/// <param name="Hidden">Channels of h, at least 0.</param>
/// <param name="Height">Cells, at least 1.</param>
/// <param name="Width">Cells, at least 1.</param>
public readonly record struct FlowStateLayout(int Hidden, int Height, int Width)
{
    /// <summary>Cells of a channel.</summary>
    public int Cells => Height * Width;

    /// <summary>Numbers of a state.</summary>
    public int Length => (Hidden + 2) * Cells;

    /// <summary>The layout of a model's states for frames of a shape.</summary>
    /// <param name="state">What the model's states hold.</param>
    /// <param name="shape">Of padded frames.</param>
    public static FlowStateLayout Of(FlowState state, ShapeKey shape)
    {
        ArgumentNullException.ThrowIfNull(state);
        return new FlowStateLayout(state.Hidden, state.Cells(shape.Height), state.Cells(shape.Width));
    }
}
