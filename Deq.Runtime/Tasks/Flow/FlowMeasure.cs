using Deq.Runtime.FixedPoints;

namespace Deq.Runtime.Tasks.Flow;

/// <summary>The residual of a flow state in pixels: max(mean length of the flow's change, κ·‖Δh‖/‖h‖).</summary>
/// <param name="Cells">Cells of a state. Its last 2·cells numbers are the flow, to the right and then down; what comes before is h.</param>
/// <param name="Stride">Pixels per cell.</param>
/// <param name="PixelsPerChange">κ, pixels that a relative change of 1 counts for.</param>
internal sealed record FlowMeasure(int Cells, double Stride, double PixelsPerChange)
{
    /// <summary>From sums over a row. What belongs to h is what the whole has more than the flow.</summary>
    /// <param name="differenceSquared">‖f(z) − z‖² of the whole row.</param>
    /// <param name="mappedSquared">‖f(z)‖² of the whole row.</param>
    /// <param name="length">Σ over cells of the length of the flow's change, cells.</param>
    /// <param name="changeSquared">Σ of its square.</param>
    /// <param name="flowSquared">Σ over cells of the squared length of the flow.</param>
    public RowResidual Of(double differenceSquared, double mappedSquared, double length, double changeSquared, double flowSquared)
    {
        double pixels = Stride * length / Cells;
        double change = Tolerance.Residual(
            Math.Sqrt(AtLeastZero(differenceSquared - changeSquared)), Math.Sqrt(AtLeastZero(mappedSquared - flowSquared)));
        return new RowResidual(Math.Max(pixels, PixelsPerChange * change), pixels, change);
    }

    /// <summary>Rounding may leave less than nothing; NaN stays NaN.</summary>
    private static double AtLeastZero(double square) => square < 0 ? 0 : square;
}
