using System.Numerics.Tensors;
using Deq.Runtime.Models;

namespace Deq.Runtime.Tasks.Restoration;

/// <summary>
/// What the host does to the cell's step: the data term of operators that are no diagonal, f(z) −= τ·HᵀHz, H a convolution of which some pixels are
/// measured; and the projection onto pictures that stay near the range of greys.
/// </summary>
/// <remarks>
/// A convolution whose weights come with the request is slow in a graph: its windows are not known when the session is made. So the kernel travels in
/// a plane of the injection, and the sum over its taps, which skips those that are 0, is made here. Without the projection extrapolation can leave for
/// infinity where few pixels are measured: the slope of R vanishes there and the relative residual with it.
/// </remarks>
/// <param name="shape">Of the plane that is solved for.</param>
internal sealed class ConvolutionTerm(ShapeKey shape)
{
    // Size, factor, top, left, rows, columns, τ.
    private const int Head = 7;

    private readonly int _area = shape.Height * shape.Width;
    private float[] _measured = [];

    /// <summary>Writes a convolution into a plane.</summary>
    public static void Write(BlurKernel kernel, MeasuredGrid grid, double step, Span<float> plane)
    {
        plane.Clear();
        ReadOnlySpan<float> head = [kernel.Size, grid.Factor, grid.Top, grid.Left, grid.Rows, grid.Columns, (float)step];
        head.CopyTo(plane);
        kernel.Taps.CopyTo(plane[Head..]);
    }

    /// <summary>Writes that a row has no convolution, but few enough measured pixels to be projected.</summary>
    public static void WriteProjection(Span<float> plane)
    {
        plane.Clear();
        plane[0] = -1;
    }

    /// <summary>What is wrong with the convolution that an input of the encoder names, as a sentence; null for nothing. Callers of the graphs write it themselves.</summary>
    /// <param name="planes"><c>[<see cref="RestorationPlanes.Count"/>, H, W]</c>.</param>
    public string? RefusalOf(ReadOnlySpan<float> planes)
    {
        ReadOnlySpan<float> plane = planes.Slice(RestorationPlanes.Kernel * _area, _area);
        return IsSound(plane) && (plane[0] < 1 || TensorPrimitives.IsFiniteAll(plane.Slice(Head, (int)(plane[0] * plane[0]))))
            ? null
            : $"Plane {RestorationPlanes.Kernel} names a convolution by its first {Head} numbers: its size, odd, at most {BlurKernel.MostSize}, or below 1 for none; factor, top, left, rows and columns of "
                + "whole windows in the plane; a step. Its taps follow, all finite. These do not.";
    }

    /// <summary>Completes one row; nothing where every pixel is measured.</summary>
    public void Add(ReadOnlySpan<float> z, ReadOnlySpan<float> x, Span<float> mapped)
    {
        ReadOnlySpan<float> plane = x.Slice((RestorationPlanes.Injected - 1) * _area, _area);
        int size = (int)plane[0];
        if (size == 0)
        {
            return;
        }

        if (!IsSound(plane))
        {
            mapped.Fill(float.NaN);
            return;
        }

        if (size > 0)
        {
            AddConvolution(z, plane, size, mapped);
        }

        TensorPrimitives.Clamp(mapped, -RestorationScales.Beyond, 1 + RestorationScales.Beyond, mapped);
    }

    /// <summary>Whether a plane names a convolution whose windows all lie in the plane that is solved for, or none.</summary>
    private bool IsSound(ReadOnlySpan<float> plane)
    {
        if (plane[0] < 1)
        {
            return true;
        }

        if (plane.Length < Head)
        {
            return false;
        }

        for (int i = 0; i < Head - 1; i++)
        {
            if (plane[i] != MathF.Floor(plane[i]) || MathF.Abs(plane[i]) > _area)
            {
                return false;
            }
        }

        (int size, long factor, long top, long left, long rows, long columns) = ((int)plane[0], (long)plane[1], (long)plane[2], (long)plane[3], (long)plane[4], (long)plane[5]);
        int radius = size / 2;
        return size % 2 == 1 && size <= BlurKernel.MostSize && Head + (size * size) <= _area && float.IsFinite(plane[Head - 1]) && factor >= 1 && rows >= 1 && columns >= 1
            && top >= radius && left >= radius
            && top + (factor * (rows - 1)) + radius < shape.Height && left + (factor * (columns - 1)) + radius < shape.Width;
    }

    private void AddConvolution(ReadOnlySpan<float> z, ReadOnlySpan<float> plane, int size, Span<float> mapped)
    {
        var grid = new MeasuredGrid(shape.Width, (int)plane[1], (int)plane[2], (int)plane[3], (int)plane[4], (int)plane[5]);
        if (_measured.Length < grid.Rows * grid.Columns)
        {
            _measured = new float[_area];
        }

        ReadOnlySpan<float> taps = plane.Slice(Head, size * size);
        Span<float> measured = _measured.AsSpan(0, grid.Rows * grid.Columns);
        grid.Gather(z, taps, size, measured);
        grid.Scatter(measured, taps, size, -plane[6], mapped);
    }
}
