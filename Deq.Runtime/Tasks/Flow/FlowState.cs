namespace Deq.Runtime.Tasks.Flow;

/// <summary>What the state of a flow estimator holds, <c>[Hidden + 2, H/Stride, W/Stride]</c>: h, then the flow in cells, to the right and down.</summary>
/// <remarks>
/// Convergence is judged by one number in pixels: the larger of the mean length of the flow's change and <see cref="PixelsPerChange"/> times the
/// relative change of h.
/// </remarks>
public sealed record FlowState
{
    /// <summary>Channels of h, at least 1.</summary>
    public required int Hidden { get; init; }

    /// <summary>Pixels per cell along each axis, at least 1, and not always whole; the input's multiple is a whole number of cells.</summary>
    public required double Stride { get; init; }

    /// <summary>κ, pixels that a relative change ‖Δh‖/‖h‖ of 1 counts for, at least 0 and at most 1000.</summary>
    public required double PixelsPerChange { get; init; }

    /// <summary>Cells along an axis of padded frames.</summary>
    /// <param name="pixels">A multiple of the input's.</param>
    public int Cells(int pixels) => (int)Math.Round(pixels / Stride);

    /// <summary>Whether so many pixels are a whole number of cells, 1 or more, but for the rounding of <see cref="Stride"/>.</summary>
    /// <param name="pixels">At least 1.</param>
    internal bool Divides(int pixels) => Stride >= 1 && Cells(pixels) >= 1 && Math.Abs((Cells(pixels) * Stride) - pixels) < 1e-6;
}
