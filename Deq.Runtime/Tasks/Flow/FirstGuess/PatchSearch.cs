using System.Runtime.CompilerServices;

namespace Deq.Runtime.Tasks.Flow.FirstGuess;

/// <summary>The motion of overlapping 8 × 8 patches by inverse compositional search on one level of a pyramid. Holds buffers; one owner.</summary>
/// <remarks>
/// Source: Kroeger, Timofte, Dai, Van Gool, "Fast optical flow using dense inverse search", ECCV 2016: the template's gradients and Hessian are
/// computed once, brightness offsets are removed by subtracting means, and every patch first tries the motions of its neighbours.
/// </remarks>
internal sealed class PatchSearch
{
    public const int Size = 8;

    /// <summary>Rows of patches of a band that is searched by itself, whatever the number of threads: the answer does not depend on that.</summary>
    private const int RowsOfBand = 32;

    private readonly int _stride;

    public PatchSearch(int width, int height, int stride)
    {
        _stride = stride;
        (Width, Height) = (width, height);
        Columns = ((width - Size + stride - 1) / stride) + 1;
        Rows = ((height - Size + stride - 1) / stride) + 1;
        (U, V, Cost, Trust) = (new float[Columns * Rows], new float[Columns * Rows], new float[Columns * Rows], new float[Columns * Rows]);
        Nearest = [.. Enumerable.Range(0, width + 1).Select(x => NearestOf(x, Columns))];
    }

    public int Width { get; }

    public int Height { get; }

    public int Columns { get; }

    public int Rows { get; }

    /// <summary>Per patch: pixels to the right.</summary>
    public float[] U { get; }

    /// <summary>Per patch: pixels down.</summary>
    public float[] V { get; }

    /// <summary>Per patch: the sum of squared differences without their mean.</summary>
    public float[] Cost { get; }

    /// <summary>Per patch: how far the motion found in the other direction agrees, 0 to 1.</summary>
    public float[] Trust { get; }

    /// <summary>The share of patches that are trusted by less than half.</summary>
    public double Lost => Enumerable.Range(0, Trust.Length).Count(IsLost) / (double)Trust.Length;

    public long Bytes => 4 * sizeof(float) * U.LongLength;

    /// <summary>Whether a patch is trusted by less than half.</summary>
    public bool IsLost(int patch) => Trust[patch] < 0.5f;

    /// <summary>The left column of a patch.</summary>
    public int Left(int column) => Math.Min(column * _stride, Width - Size);

    /// <summary>The top row of a patch.</summary>
    public int Top(int row) => Math.Min(row * _stride, Height - Size);

    /// <summary>Per column of pixels, and one beyond, where an odd finer level ends: the patch of a row whose middle is nearest.</summary>
    public int[] Nearest { get; }

    /// <summary>The trust in the patches whose middles are nearest to a row of pixels.</summary>
    public ReadOnlySpan<float> TrustNear(int y) => Trust.AsSpan(NearestOf(y, Rows) * Columns, Columns);

    /// <summary>Searches for every patch of the first frame in the second.</summary>
    /// <param name="first">The frame whose patches move.</param>
    /// <param name="second">The frame after it.</param>
    /// <param name="iterations">Gradient steps per patch and pass.</param>
    /// <param name="isTwice">Whether motions spread from right to left and from the bottom up as well.</param>
    /// <param name="bands">Runs bands of rows, each of which lets no motion in from the one above it; null searches all rows as one. Default null.</param>
    public void Search(GreyPlane first, GreyPlane second, int iterations, bool isTwice, RowBands? bands = null)
    {
        if (bands is null)
        {
            Search(first, second, iterations, isTwice, 0, Rows);
            return;
        }

        bands.RunSame(Rows, RowsOfBand, (from, to) => Search(first, second, iterations, isTwice, from, to));
    }

    /// <summary>Moves a patch to where whole pixels around its rest fit much better than where it is.</summary>
    /// <param name="first">The frame whose patches move.</param>
    /// <param name="second">The frame after it.</param>
    /// <param name="reach">Pixels of this level to each side.</param>
    /// <param name="share">Of the present cost that the new one is below.</param>
    public void SearchWidely(GreyPlane first, GreyPlane second, int reach, float share)
    {
        for (int row = 0; row < Rows; row++)
        {
            for (int column = 0; column < Columns; column++)
            {
                int patch = (row * Columns) + column;
                int left = Left(column), top = Top(row);
                ref float template = ref first.Values[first.At(left, top)];
                float best = share * PatchDescent.Difference(ref template, first.Stride, second, left, top, U[patch], V[patch]);
                (float u, float v) = (U[patch], V[patch]);
                for (int y = Math.Max(-reach, -(Size / 2) - top); y <= Math.Min(reach, Height - (Size / 2) - top); y++)
                {
                    for (int x = Math.Max(-reach, -(Size / 2) - left); x <= Math.Min(reach, Width - (Size / 2) - left); x++)
                    {
                        float cost = PatchDescent.DifferenceOfPixels(ref template, first.Stride, second, left, top, x, y);
                        if (cost < best)
                        {
                            (best, u, v) = (cost, x, y);
                        }
                    }
                }

                (U[patch], V[patch]) = (u, v);
            }
        }
    }

    /// <summary>Sets <see cref="Trust"/> by how far the motions of the patches that this one's lead to lead back.</summary>
    /// <param name="back">The search in the other direction.</param>
    /// <param name="bound">The distance that halves the trust in what rests, pixels of this level.</param>
    /// <param name="share">Of a motion's length that is added to the bound.</param>
    public void Compare(PatchSearch back, float bound, float share)
    {
        for (int row = 0; row < Rows; row++)
        {
            for (int column = 0; column < Columns; column++)
            {
                int patch = (row * Columns) + column;
                (float x, float y) = (Left(column) + U[patch], Top(row) + V[patch]);
                int nearX = (int)MathF.Round(x / _stride), nearY = (int)MathF.Round(y / _stride);
                if (x < -Size / 2 || y < -Size / 2 || x > Width - (Size / 2) || y > Height - (Size / 2))
                {
                    Trust[patch] = 0.1f;
                    continue;
                }

                int there = (Math.Clamp(nearY, 0, Rows - 1) * Columns) + Math.Clamp(nearX, 0, Columns - 1);
                float u = U[patch] + back.U[there], v = V[patch] + back.V[there];
                float most = bound + (share * MathF.Sqrt((U[patch] * U[patch]) + (V[patch] * V[patch])));
                float excess = ((u * u) + (v * v)) / (most * most);
                Trust[patch] = 1 / (1 + (excess * excess));
            }
        }
    }

    private int NearestOf(int pixel, int patches) => Math.Clamp((pixel - (Size / 2) + (_stride / 2)) / _stride, 0, patches - 1);

    private void Search(GreyPlane first, GreyPlane second, int iterations, bool isTwice, int from, int to)
    {
        var descent = new PatchDescent();
        for (int row = from; row < to; row++)
        {
            for (int column = 0; column < Columns; column++)
            {
                int patch = (row * Columns) + column;
                Refine(descent, first, second, column, row, iterations, column > 0 ? patch - 1 : -1, row > from ? patch - Columns : -1, isFirst: true);
            }
        }

        for (int row = isTwice ? to - 1 : -1; row >= from; row--)
        {
            for (int column = Columns - 1; column >= 0; column--)
            {
                int patch = (row * Columns) + column;
                Refine(
                    descent, first, second, column, row, iterations,
                    column < Columns - 1 ? patch + 1 : -1, row < to - 1 ? patch + Columns : -1, isFirst: false);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Refine(PatchDescent descent, GreyPlane first, GreyPlane second, int column, int row, int iterations, int beside, int above, bool isFirst)
    {
        int patch = (row * Columns) + column;
        int left = Left(column), top = Top(row);
        ref float template = ref first.Values[first.At(left, top)];
        (float u, float v) = (U[patch], V[patch]);
        float best = isFirst ? PatchDescent.Difference(ref template, first.Stride, second, left, top, u, v) : Cost[patch];
        bool changed = isFirst;
        if (beside >= 0 && (U[beside] != u || V[beside] != v))
        {
            float cost = PatchDescent.Difference(ref template, first.Stride, second, left, top, U[beside], V[beside]);
            if (cost < best)
            {
                (best, u, v, changed) = (cost, U[beside], V[beside], true);
            }
        }

        if (above >= 0 && (U[above] != u || V[above] != v))
        {
            float cost = PatchDescent.Difference(ref template, first.Stride, second, left, top, U[above], V[above]);
            if (cost < best)
            {
                (best, u, v, changed) = (cost, U[above], V[above], true);
            }
        }

        if (changed)
        {
            descent.Descend(ref template, first.Stride, second, left, top, iterations, ref u, ref v, ref best);
        }

        (U[patch], V[patch], Cost[patch]) = (u, v, best);
    }
}
