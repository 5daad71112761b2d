using System.Buffers;
using System.Runtime.Intrinsics;

namespace Deq.Runtime.Tasks.Flow.WarmStarts;

/// <summary>Corrects a flow by what little it leaves two pictures apart, over pieces large enough to say something.</summary>
/// <remarks>
/// Steps of Gauss and Newton on the grey of halved frames, in which pixels that differ much count little. Source of the method: Lucas and Kanade, "An
/// iterative image registration technique with an application to stereo vision", IJCAI 1981.
/// </remarks>
internal static class MotionCorrection
{
    private const int Steps = 4;

    /// <summary>Over how many cells to each side, twice, a correction is averaged.</summary>
    private const int Reach = 6;

    /// <summary>Every so many pixels of a row, and rows, are looked at.</summary>
    private const int Sampling = 2;

    /// <summary>What a pixel's squared slope must be well above to say something, greys² per pixel²: noise makes a few.</summary>
    private const float NoiseSlope = 10;

    /// <summary>A pixel that differs by more counts little, greys.</summary>
    private const float Tolerated = 3;

    /// <summary>The longest step, pixels of the half.</summary>
    private const float LongestStep = 1;

    /// <summary>Corrects.</summary>
    /// <param name="first">The frame whose pixels move.</param>
    /// <param name="second">The other.</param>
    /// <param name="grid">Of the state.</param>
    /// <param name="flow"><c>[2, H, W]</c>, cells; receives the flow corrected.</param>
    public static void Apply(HalvedFrame first, HalvedFrame second, CellGrid grid, Span<float> flow)
    {
        int cells = grid.Layout.Cells;
        float[] rented = ArrayPool<float>.Shared.Rent(6 * cells);
        try
        {
            Span<float> planes = rented.AsSpan(0, 5 * cells);
            Span<float> scratch = rented.AsSpan(5 * cells, cells);
            for (int step = 0; step < Steps; step++)
            {
                planes.Clear();
                Measure(first, second, grid, flow, planes);
                for (int plane = 0; plane < 5; plane++)
                {
                    grid.Smooth(planes.Slice(plane * cells, cells), Reach, scratch);
                    grid.Smooth(planes.Slice(plane * cells, cells), Reach, scratch);
                }

                Move(planes, grid, flow);
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(rented);
        }
    }

    /// <summary>Sums, over the pixels of each cell: products of the slopes, xx, xy, yy, and of the slopes with the difference, x, y.</summary>
    private static void Measure(HalvedFrame first, HalvedFrame second, CellGrid grid, ReadOnlySpan<float> flow, Span<float> planes)
    {
        int cells = grid.Layout.Cells;
        for (int y = 1; y < first.Height - 1; y += Sampling)
        {
            for (int x = 1; x < first.Width - 1; x += Sampling)
            {
                int cell = grid.CellOf(x, y);
                (float right, float down) = (x + (flow[cell] * grid.HalvesPerCell), y + (flow[cells + cell] * grid.HalvesPerCell));
                if (!second.Holds(right - 1, down - 1) || !second.Holds(right + 1, down + 1))
                {
                    continue;
                }

                float difference = Grey(first.At(x, y) - second.Between(right, down));
                float across = Grey(first.At(x + 1, y) - first.At(x - 1, y) + second.Between(right + 1, down) - second.Between(right - 1, down)) / 4;
                float along = Grey(first.At(x, y + 1) - first.At(x, y - 1) + second.Between(right, down + 1) - second.Between(right, down - 1)) / 4;
                float weight = 1 / (1 + (difference * difference / (Tolerated * Tolerated)));
                planes[cell] += weight * across * across;
                planes[cells + cell] += weight * across * along;
                planes[(2 * cells) + cell] += weight * along * along;
                planes[(3 * cells) + cell] += weight * across * difference;
                planes[(4 * cells) + cell] += weight * along * difference;
            }
        }
    }

    private static void Move(ReadOnlySpan<float> planes, CellGrid grid, Span<float> flow)
    {
        int cells = grid.Layout.Cells;
        float noise = NoiseSlope * grid.HalvesPerCell * grid.HalvesPerCell / (Sampling * Sampling);
        for (int cell = 0; cell < cells; cell++)
        {
            (float xx, float xy, float yy) = (planes[cell] + noise, planes[cells + cell], planes[(2 * cells) + cell] + noise);
            (float x, float y) = (planes[(3 * cells) + cell], planes[(4 * cells) + cell]);
            float determinant = (xx * yy) - (xy * xy);
            (float right, float down) = (((yy * x) - (xy * y)) / determinant, ((xx * y) - (xy * x)) / determinant);
            float scale = Math.Min(1, LongestStep / MathF.Sqrt((right * right) + (down * down) + float.Epsilon)) / grid.HalvesPerCell;
            flow[cell] += scale * right;
            flow[cells + cell] += scale * down;
        }
    }

    private static float Grey(Vector128<float> pixel) => pixel[HalvedFrame.Grey];
}
