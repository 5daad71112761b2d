using Deq.Export.Tasks.Flow;

namespace Deq.Export.Tasks.Classification;

/// <summary>How many pixels of the frames a cell of the state is: 4·Divisor/Factor, since frames are enlarged by Factor/Divisor before they are cut into cells.</summary>
public readonly record struct CellSize
{
    /// <summary>The largest <see cref="Factor"/>: the graphs' sizes are known where the fraction is one of small numbers.</summary>
    public const int MostFactor = 16;

    /// <summary>How far a number may be from the fraction that it stands for.</summary>
    private const double Rounding = 0.005;

    private CellSize(int factor, int divisor) => (Factor, Divisor) = (factor, divisor);

    /// <summary>Cells of 4 × 4 pixels, of frames that are not enlarged.</summary>
    public static CellSize Whole { get; } = new(1, 1);

    /// <summary>What frames are multiplied by, 1 to <see cref="MostFactor"/>.</summary>
    public int Factor { get; }

    /// <summary>What they are divided by, at most <see cref="Factor"/>.</summary>
    public int Divisor { get; }

    /// <summary>Pixels per cell along each axis, in [1, 4].</summary>
    public double Pixels => FlowSizes.Stride * Divisor / (double)Factor;

    /// <summary>The size of the smallest factor that a number stands for, such as 4, 3, 2.75, 2 or 1; null where there is none.</summary>
    /// <param name="pixels">Pixels per cell, rounded to two digits or more after the point.</param>
    public static CellSize? Of(double pixels)
    {
        for (int factor = 1; factor <= MostFactor; factor++)
        {
            double divisor = Math.Round(pixels * factor / FlowSizes.Stride);
            if (divisor >= 1 && divisor <= factor && Math.Abs((FlowSizes.Stride * divisor / factor) - pixels) <= Rounding && pixels >= 1 - Rounding)
            {
                return new CellSize(factor, (int)divisor);
            }
        }

        return null;
    }

    /// <summary>Cells along an axis of the shortest frames: a multiple of a number of them, and as many pixels as is whole.</summary>
    /// <param name="multiple">What it is a multiple of, at least 1.</param>
    public int CellsOf(int multiple)
    {
        int cells = multiple;
        while (cells * FlowSizes.Stride * Divisor % Factor != 0)
        {
            cells += multiple;
        }

        return cells;
    }
}
