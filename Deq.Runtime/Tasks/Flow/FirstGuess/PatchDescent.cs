using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Deq.Runtime.Tasks.Flow.FirstGuess;

/// <summary>Inverse compositional descent of one 8 × 8 patch after the other. Holds the gradients of the present one; one owner.</summary>
/// <remarks>Compiled fully at once, like all inner loops of the guess: as first compiled they take ten times as long, and the first requests of a server would pay for it.</remarks>
internal sealed class PatchDescent
{
    private const float Pixels = PatchSearch.Size * PatchSearch.Size;
    private const float LeastDeterminant = 1e-3f;

    private readonly float[] _gradientX = new float[PatchSearch.Size * PatchSearch.Size];
    private readonly float[] _gradientY = new float[PatchSearch.Size * PatchSearch.Size];

    /// <summary>Moves a patch down the slope of its cost as long as that falls.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Descend(ref float template, int stride, GreyPlane second, int left, int top, int iterations, ref float u, ref float v, ref float best)
    {
        (float a, float b, float c, float sumX, float sumY) = Gradients(ref template, stride);
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

    /// <summary>Takes the gradients of a patch; their sums, and the sums of their products without their means.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private (float XX, float XY, float YY, float X, float Y) Gradients(ref float template, int stride)
    {
        Vector256<float> xx = default, xy = default, yy = default, sx = default, sy = default;
        ref float gx = ref MemoryMarshal.GetArrayDataReference(_gradientX);
        ref float gy = ref MemoryMarshal.GetArrayDataReference(_gradientY);
        var half = Vector256.Create(0.5f);
        for (int i = 0; i < PatchSearch.Size; i++)
        {
            nint at = i * stride;
            Vector256<float> x = (Interpolation.At(ref template, at + 1)
                - Interpolation.At(ref template, at - 1)) * half;
            Vector256<float> y = (Interpolation.At(ref template, at + stride)
                - Interpolation.At(ref template, at - stride)) * half;
            x.StoreUnsafe(ref gx, (nuint)(i * PatchSearch.Size));
            y.StoreUnsafe(ref gy, (nuint)(i * PatchSearch.Size));
            (xx, xy, yy, sx, sy) = (xx + (x * x), xy + (x * y), yy + (y * y), sx + x, sy + y);
        }

        float sumX = Vector256.Sum(sx), sumY = Vector256.Sum(sy);
        return (
            Vector256.Sum(xx) - (sumX * sumX / Pixels), Vector256.Sum(xy) - (sumX * sumY / Pixels), Vector256.Sum(yy) - (sumY * sumY / Pixels), sumX, sumY);
    }

    /// <summary>The cost of a motion: the sum of squared differences without their mean.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Difference(ref float template, int stride, GreyPlane second, int left, int top, float u, float v)
    {
        (int place, float fx, float fy) = Interpolation.Landing(second, left, top, u, v);
        ref float there = ref second.Values[place];
        var across = Vector256.Create(fx);
        var down = Vector256.Create(fy);
        Vector256<float> sum = default, squares = default;
        Vector256<float> above = Interpolation.Between(ref there, 0, across);
        for (int i = 0; i < PatchSearch.Size; i++)
        {
            Vector256<float> below = Interpolation.Between(ref there, (i + 1) * second.Stride, across);
            Vector256<float> difference = above + ((below - above) * down)
                - Interpolation.At(ref template, i * stride);
            above = below;
            (sum, squares) = (sum + difference, squares + (difference * difference));
        }

        float total = Vector256.Sum(sum);
        return Vector256.Sum(squares) - (total * total / Pixels);
    }

    /// <summary>The cost of a motion by whole pixels: the same number as <see cref="Difference"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float DifferenceOfPixels(ref float template, int stride, GreyPlane second, int left, int top, int u, int v)
    {
        ref float there = ref second.Values[Interpolation.Landing(second, left, top, u, v).Place];
        Vector256<float> sum = default, squares = default;
        for (int i = 0; i < PatchSearch.Size; i++)
        {
            Vector256<float> difference = Interpolation.At(ref there, i * second.Stride) - Interpolation.At(ref template, i * stride);
            (sum, squares) = (sum + difference, squares + (difference * difference));
        }

        float total = Vector256.Sum(sum);
        return Vector256.Sum(squares) - (total * total / Pixels);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private (float Cost, float X, float Y) Slope(
        ref float template, int stride, GreyPlane second, int left, int top, float u, float v, float sumX, float sumY)
    {
        (int place, float fx, float fy) = Interpolation.Landing(second, left, top, u, v);
        ref float there = ref second.Values[place];
        ref float gx = ref MemoryMarshal.GetArrayDataReference(_gradientX);
        ref float gy = ref MemoryMarshal.GetArrayDataReference(_gradientY);
        var across = Vector256.Create(fx);
        var down = Vector256.Create(fy);
        Vector256<float> sum = default, squares = default, dx = default, dy = default;
        Vector256<float> above = Interpolation.Between(ref there, 0, across);
        for (int i = 0; i < PatchSearch.Size; i++)
        {
            Vector256<float> below = Interpolation.Between(ref there, (i + 1) * second.Stride, across);
            Vector256<float> difference = above + ((below - above) * down)
                - Interpolation.At(ref template, i * stride);
            above = below;
            sum += difference;
            squares += difference * difference;
            dx += difference * Vector256.LoadUnsafe(ref gx, (nuint)(i * PatchSearch.Size));
            dy += difference * Vector256.LoadUnsafe(ref gy, (nuint)(i * PatchSearch.Size));
        }

        float total = Vector256.Sum(sum);
        return (Vector256.Sum(squares) - (total * total / Pixels), Vector256.Sum(dx) - (sumX * total / Pixels), Vector256.Sum(dy) - (sumY * total / Pixels));
    }
}
