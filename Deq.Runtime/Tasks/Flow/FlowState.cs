using Deq.Runtime.Models;

namespace Deq.Runtime.Tasks.Flow;

/// <summary>What the state of a flow estimator holds, <c>[Hidden + 2, H/Stride, W/Stride]</c>: h, then the flow in cells, to the right and down.</summary>
/// <remarks>
/// Convergence is judged by one number in pixels: the larger of the mean length of the flow's change and <see cref="PixelsPerChange"/> times the
/// relative change of h.
/// </remarks>
public sealed record FlowState
{
    /// <summary>Channels of h, at least 0.</summary>
    public required int Hidden { get; init; }

    /// <summary>Pixels per cell along each axis, at least 1, and not always whole; the input's multiple is a whole number of cells.</summary>
    public required double Stride { get; init; }

    /// <summary>κ, pixels that a relative change ‖Δh‖/‖h‖ of 1 counts for, at least 0 and at most 1000.</summary>
    public required double PixelsPerChange { get; init; }

    /// <summary>The state of a flow estimator's manifest; null where it has none.</summary>
    /// <exception cref="System.Text.Json.JsonException">The section is of another task.</exception>
    public static FlowState? Find(ModelManifest manifest)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        return manifest.State is { } state ? ModelManifest.Read<FlowState>(state, "state") : null;
    }

    /// <summary>The state of a flow estimator's manifest.</summary>
    /// <exception cref="ArgumentException">It has none.</exception>
    public static FlowState Of(ModelManifest manifest) =>
        Find(manifest) ?? throw new ArgumentException("The model is no flow estimator.", nameof(manifest));

    /// <summary>Cells along an axis of padded frames.</summary>
    /// <param name="pixels">A multiple of the input's.</param>
    public int Cells(int pixels) => (int)Math.Round(pixels / Stride);

    /// <summary>The residual of states for inputs of a shape.</summary>
    internal FlowResidual ResidualAt(ShapeKey shape) => new(Cells(shape.Height) * Cells(shape.Width), Stride, PixelsPerChange) { IsFlowAlone = Hidden == 0 };

    /// <summary>Whether so many pixels are a whole number of cells, 1 or more, but for the rounding of <see cref="Stride"/>.</summary>
    /// <param name="pixels">At least 1.</param>
    internal bool Divides(int pixels) => Stride >= 1 && Cells(pixels) >= 1 && Math.Abs((Cells(pixels) * Stride) - pixels) < 1e-6;
}
