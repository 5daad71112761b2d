using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Deq.Runtime.Tasks.Flow.FirstGuess;

/// <summary>The motion of overlapping 8 × 8 patches by inverse compositional search on one level of a pyramid. Holds buffers; one owner.</summary>
/// <remarks>
/// Source: Kroeger, Timofte, Dai, Van Gool, "Fast optical flow using dense inverse search", ECCV 2016: the template's gradients and Hessian are
/// computed once, brightness offsets are removed by subtracting means, and every patch first tries the motions of its neighbours.
/// </remarks>
internal sealed class PatchSearch
{
    public const int Size = 8;
    private const float Pixels = Size * Size;
    private const float LeastDeterminant = 1e-3f;

    private readonly int _stride;
    private readonly float[] _gradientX = new float[Size * Size];
    private readonly float[] _gradientY = new float[Size * Size];

    public PatchSearch(int width, int height, int stride)
    {
        _stride = stride;
        (Width, Height) = (width, height);
        Columns = ((width - Size + stride - 1) / stride) + 1;
        Rows = ((height - Size + stride - 1) / stride) + 1;
        (U, V, Cost, Trust) = (new float[Columns * Rows], new float[Columns * Rows], new float[Columns * Rows], new float[Columns * Rows]);
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

    public long Bytes => 4 * sizeof(float) * U.LongLength;

    /// <summary>The left column of a patch.</summary>
    public int Left(int column) => Math.Min(column * _stride, Width - Size);

    /// <summary>The top row of a patch.</summary>
    public int Top(int row) => Math.Min(row * _stride, Height - Size);

    /// <summary>The trust in the patch whose middle is nearest to a pixel.</summary>
    public float TrustAt(int x, int y) =>
        Trust[(Math.Clamp((y - (Size / 2) + (_stride / 2)) / _stride, 0, Rows - 1) * Columns) + Math.Clamp((x - (Size / 2) + (_stride / 2)) / _stride, 0, Columns - 1)];

    /// <summary>Searches for every patch of the first frame in the second.</summary>
    /// <param name="first">The frame whose patches move.</param>
    /// <param name="second">The frame after it.</param>
    /// <param name="iterations">Gradient steps per patch and pass.</param>
    public void Search(GreyPlane first, GreyPlane second, int iterations)
    {
        for (int row = 0; row < Rows; row++)
        {
            for (int column = 0; column < Columns; column++)
            {
                int patch = (row * Columns) + column;
                Refine(first, second, column, row, iterations, column > 0 ? patch - 1 : -1, row > 0 ? patch - Columns : -1, isFirst: true);
            }
        }

        for (int row = Rows - 1; row >= 0; row--)
        {
            for (int column = Columns - 1; column >= 0; column--)
            {
                int patch = (row * Columns) + column;
                Refine(
                    first, second, column, row, iterations,
                    column < Columns - 1 ? patch + 1 : -1, row < Rows - 1 ? patch + Columns : -1, isFirst: false);
            }
        }
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
                float best = share * Difference(ref template, first.Stride, second, left, top, U[patch], V[patch]);
                (float u, float v) = (U[patch], V[patch]);
                for (int y = Math.Max(-reach, -(Size / 2) - top); y <= Math.Min(reach, Height - (Size / 2) - top); y++)
                {
                    for (int x = Math.Max(-reach, -(Size / 2) - left); x <= Math.Min(reach, Width - (Size / 2) - left); x++)
                    {
                        float cost = Difference(ref template, first.Stride, second, left, top, x, y);
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
    /// <param name="bound">The distance that halves the trust, pixels of this level.</param>
    public void Compare(PatchSearch back, float bound)
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
                float share = ((u * u) + (v * v)) / (bound * bound);
                Trust[patch] = 1 / (1 + (share * share));
            }
        }
    }

    private void Refine(GreyPlane first, GreyPlane second, int column, int row, int iterations, int beside, int above, bool isFirst)
    {
        int patch = (row * Columns) + column;
        int left = Left(column), top = Top(row);
        ref float template = ref first.Values[first.At(left, top)];
        (float u, float v) = (U[patch], V[patch]);
        float best = isFirst ? Difference(ref template, first.Stride, second, left, top, u, v) : Cost[patch];
        bool changed = isFirst;
        if (beside >= 0 && (U[beside] != u || V[beside] != v))
        {
            float cost = Difference(ref template, first.Stride, second, left, top, U[beside], V[beside]);
            if (cost < best)
            {
                (best, u, v, changed) = (cost, U[beside], V[beside], true);
            }
        }

        if (above >= 0 && (U[above] != u || V[above] != v))
        {
            float cost = Difference(ref template, first.Stride, second, left, top, U[above], V[above]);
            if (cost < best)
            {
                (best, u, v, changed) = (cost, U[above], V[above], true);
            }
        }

        if (changed)
        {
            Descend(ref template, first.Stride, second, left, top, iterations, ref u, ref v, ref best);
        }

        (U[patch], V[patch], Cost[patch]) = (u, v, best);
    }

    private void Descend(ref float template, int stride, GreyPlane second, int left, int top, int iterations, ref float u, ref float v, ref float best)
    {
        Vector256<float> xx = default, xy = default, yy = default, sx = default, sy = default;
        ref float gx = ref MemoryMarshal.GetArrayDataReference(_gradientX);
        ref float gy = ref MemoryMarshal.GetArrayDataReference(_gradientY);
        var half = Vector256.Create(0.5f);
        for (int i = 0; i < Size; i++)
        {
            nint at = i * stride;
            Vector256<float> x = (Vector256.LoadUnsafe(ref System.Runtime.CompilerServices.Unsafe.Add(ref template, at + 1))
                - Vector256.LoadUnsafe(ref System.Runtime.CompilerServices.Unsafe.Add(ref template, at - 1))) * half;
            Vector256<float> y = (Vector256.LoadUnsafe(ref System.Runtime.CompilerServices.Unsafe.Add(ref template, at + stride))
                - Vector256.LoadUnsafe(ref System.Runtime.CompilerServices.Unsafe.Add(ref template, at - stride))) * half;
            x.StoreUnsafe(ref gx, (nuint)(i * Size));
            y.StoreUnsafe(ref gy, (nuint)(i * Size));
            (xx, xy, yy, sx, sy) = (xx + (x * x), xy + (x * y), yy + (y * y), sx + x, sy + y);
        }

        float sumX = Vector256.Sum(sx), sumY = Vector256.Sum(sy);
        float a = Vector256.Sum(xx) - (sumX * sumX / Pixels), b = Vector256.Sum(xy) - (sumX * sumY / Pixels), c = Vector256.Sum(yy) - (sumY * sumY / Pixels);
        float determinant = (a * c) - (b * b);
        if (!(determinant > LeastDeterminant * (a + c + 1)))
        {
            return;
        }

        float inverse = 1 / determinant;
        (float startU, float startV) = (u, v);
        (float tryU, float tryV) = (u, v);
        float previous = float.MaxValue;
        for (int step = 0; step < iterations; step++)
        {
            (float cost, float dx, float dy) = Slope(ref template, stride, second, left, top, tryU, tryV, sumX, sumY);
            if (!(cost < previous))
            {
                break;
            }

            if (cost <= best)
            {
                (best, u, v) = (cost, tryU, tryV);
            }

            previous = cost;
            tryU -= ((c * dx) - (b * dy)) * inverse;
            tryV -= ((a * dy) - (b * dx)) * inverse;
            if (((tryU - startU) * (tryU - startU)) + ((tryV - startV) * (tryV - startV)) > Pixels)
            {
                break;
            }
        }
    }

    private static (int Place, float X, float Y) Landing(GreyPlane second, int left, int top, float u, float v)
    {
        float x = Math.Clamp(left + u, -(GreyPlane.Border - 1), second.Width + GreyPlane.Border - Size - 2);
        float y = Math.Clamp(top + v, -(GreyPlane.Border - 1), second.Height + GreyPlane.Border - Size - 2);
        float wholeX = MathF.Floor(x), wholeY = MathF.Floor(y);
        return (second.At((int)wholeX, (int)wholeY), x - wholeX, y - wholeY);
    }

    private static float Difference(ref float template, int stride, GreyPlane second, int left, int top, float u, float v)
    {
        (int place, float fx, float fy) = Landing(second, left, top, u, v);
        ref float there = ref second.Values[place];
        var across = Vector256.Create(fx);
        var down = Vector256.Create(fy);
        Vector256<float> sum = default, squares = default;
        Vector256<float> above = Between(ref there, 0, across);
        for (int i = 0; i < Size; i++)
        {
            Vector256<float> below = Between(ref there, (i + 1) * second.Stride, across);
            Vector256<float> difference = above + ((below - above) * down)
                - Vector256.LoadUnsafe(ref System.Runtime.CompilerServices.Unsafe.Add(ref template, i * stride));
            above = below;
            (sum, squares) = (sum + difference, squares + (difference * difference));
        }

        float total = Vector256.Sum(sum);
        return Vector256.Sum(squares) - (total * total / Pixels);
    }

    private (float Cost, float X, float Y) Slope(
        ref float template, int stride, GreyPlane second, int left, int top, float u, float v, float sumX, float sumY)
    {
        (int place, float fx, float fy) = Landing(second, left, top, u, v);
        ref float there = ref second.Values[place];
        ref float gx = ref MemoryMarshal.GetArrayDataReference(_gradientX);
        ref float gy = ref MemoryMarshal.GetArrayDataReference(_gradientY);
        var across = Vector256.Create(fx);
        var down = Vector256.Create(fy);
        Vector256<float> sum = default, squares = default, dx = default, dy = default;
        Vector256<float> above = Between(ref there, 0, across);
        for (int i = 0; i < Size; i++)
        {
            Vector256<float> below = Between(ref there, (i + 1) * second.Stride, across);
            Vector256<float> difference = above + ((below - above) * down)
                - Vector256.LoadUnsafe(ref System.Runtime.CompilerServices.Unsafe.Add(ref template, i * stride));
            above = below;
            sum += difference;
            squares += difference * difference;
            dx += difference * Vector256.LoadUnsafe(ref gx, (nuint)(i * Size));
            dy += difference * Vector256.LoadUnsafe(ref gy, (nuint)(i * Size));
        }

        float total = Vector256.Sum(sum);
        return (Vector256.Sum(squares) - (total * total / Pixels), Vector256.Sum(dx) - (sumX * total / Pixels), Vector256.Sum(dy) - (sumY * total / Pixels));
    }

    private static Vector256<float> Between(ref float there, nint at, Vector256<float> across)
    {
        var left = Vector256.LoadUnsafe(ref System.Runtime.CompilerServices.Unsafe.Add(ref there, at));
        var right = Vector256.LoadUnsafe(ref System.Runtime.CompilerServices.Unsafe.Add(ref there, at + 1));
        return left + ((right - left) * across);
    }
}
