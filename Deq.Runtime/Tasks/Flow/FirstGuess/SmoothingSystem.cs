using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Deq.Runtime.Tasks.Flow.FirstGuess;

/// <summary>The linear system of one round of variational refinement: two equations per pixel, tied to those of its four neighbours. Holds buffers; one owner.</summary>
internal sealed unsafe class SmoothingSystem
{
    /// <summary>α, β and γ of the energy for greys of 0 to 255: smoothness, constancy of gradients and of greys.</summary>
    private const float Smoothness = 20;
    private const float GradientWeight = 10;
    private const float GreyWeight = 5;
    private const float Epsilon2 = 1e-6f;
    private const float Zeta2 = 0.01f;

    private readonly PaddedPlane _a11, _a12, _a22, _b1, _b2, _right, _below;

    public SmoothingSystem(int width, int height)
    {
        PaddedPlane Plane() => new(width, height);
        (Width, Height) = (width, height);
        (Inside, X, Y, Z, U, V) = (Plane(), Plane(), Plane(), Plane(), Plane(), Plane());
        (_a11, _a12, _a22, _b1, _b2, _right, _below) = (Plane(), Plane(), Plane(), Plane(), Plane(), Plane(), Plane());
    }

    public int Width { get; }

    public int Height { get; }

    /// <summary>1 where the flow leads to a place in the second frame, else 0.</summary>
    public PaddedPlane Inside { get; }

    /// <summary>The slope of the greys to the right; extended.</summary>
    public PaddedPlane X { get; }

    /// <summary>The slope of the greys down; extended.</summary>
    public PaddedPlane Y { get; }

    /// <summary>The second frame, seen along the flow, less the first; extended.</summary>
    public PaddedPlane Z { get; }

    /// <summary>The unknowns: what is added to the flow to the right.</summary>
    public PaddedPlane U { get; }

    /// <summary>And down.</summary>
    public PaddedPlane V { get; }

    public long Bytes => 13 * U.Bytes;

    /// <summary>How strongly the pixels of a row are tied to those to the right and below: the robust weight of the flow's slope; 0 across the frame's edge.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Tie(PaddedPlane u, PaddedPlane v, int y)
    {
        var alpha = Vector256.Create(Smoothness);
        var epsilon = Vector256.Create(Epsilon2);
        float* u0 = u.At(y), v0 = v.At(y), du = U.At(y), dv = V.At(y), right = _right.At(y), below = _below.At(y);
        bool isLast = y == Height - 1;
        int down = isLast ? 0 : u.Stride;
        for (int x = 0; x < Width; x += Vector256<float>.Count)
        {
            Vector256<float> here = Vector256.Load(u0 + x) + Vector256.Load(du + x), hereV = Vector256.Load(v0 + x) + Vector256.Load(dv + x);
            Vector256<float> across = Vector256.Load(u0 + x + 1) + Vector256.Load(du + x + 1) - here;
            Vector256<float> acrossV = Vector256.Load(v0 + x + 1) + Vector256.Load(dv + x + 1) - hereV;
            Vector256<float> under = Vector256.Load(u0 + x + down) + Vector256.Load(du + x + down) - here;
            Vector256<float> underV = Vector256.Load(v0 + x + down) + Vector256.Load(dv + x + down) - hereV;
            Vector256<float> slope = Sum(across, across, Sum(acrossV, acrossV, Sum(under, under, Sum(underV, underV, epsilon))));
            Vector256<float> tie = alpha / Vector256.Sqrt(slope);
            tie.Store(right + x);
            (isLast ? default : tie).Store(below + x);
        }

        new Span<float>(right + Width - 1, PaddedPlane.Margin).Clear();
    }

    /// <summary>Builds the equations of a row. The ties of the row and of the one above must be known.</summary>
    /// <remarks>Keeps the inverse of every 2 × 2 block, so that a relaxation needs no division.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Build(PaddedPlane u, PaddedPlane v, int y)
    {
        float* u0 = u.At(y), v0 = v.At(y), right = _right.At(y), below = _below.At(y), above = _below.At(y - 1);
        float* a11 = _a11.At(y), a12 = _a12.At(y), a22 = _a22.At(y), b1 = _b1.At(y), b2 = _b2.At(y);
        int stride = u.Stride;
        var epsilon = Vector256.Create(Epsilon2);
        for (int x = 0; x < Width; x += Vector256<float>.Count)
        {
            Block(x, y, out Vector256<float> m11, out Vector256<float> m12, out Vector256<float> m22, out Vector256<float> p, out Vector256<float> q);
            Vector256<float> r = Vector256.Load(right + x), l = Vector256.Load(right + x - 1), d = Vector256.Load(below + x), t = Vector256.Load(above + x);
            Vector256<float> ties = r + l + d + t;
            p = Around(u0 + x, stride, r, l, d, t, p) - (ties * Vector256.Load(u0 + x));
            q = Around(v0 + x, stride, r, l, d, t, q) - (ties * Vector256.Load(v0 + x));
            (m11, m22) = (m11 + ties + epsilon, m22 + ties + epsilon);
            Vector256<float> inverse = Vector256<float>.One / ((m11 * m22) - (m12 * m12));
            (m22 * inverse).Store(a11 + x);
            (-m12 * inverse).Store(a12 + x);
            (m11 * inverse).Store(a22 + x);
            p.Store(b1 + x);
            q.Store(b2 + x);
        }
    }

    /// <summary>Successive over-relaxation of every second pixel of a row, in a checkerboard: a pixel's neighbours rest while it moves.</summary>
    /// <remarks>Eight pixels are stored after the next eight have read their neighbours: a load that straddles a store just made waits for it.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Relax(int parity, int y)
    {
        float* du = U.At(y), dv = V.At(y), right = _right.At(y), below = _below.At(y), above = _below.At(y - 1);
        float* a11 = _a11.At(y), a12 = _a12.At(y), a22 = _a22.At(y), b1 = _b1.At(y), b2 = _b2.At(y);
        int stride = U.Stride;
        Vector256<float> over = ((y + parity) & 1) == 0 ? Vector256.Create(1.6f, 0, 1.6f, 0, 1.6f, 0, 1.6f, 0) : Vector256.Create(0, 1.6f, 0, 1.6f, 0, 1.6f, 0, 1.6f);
        (Vector256<float> lastU, Vector256<float> lastV) = (Vector256.Load(du - Vector256<float>.Count), Vector256.Load(dv - Vector256<float>.Count));
        for (int x = 0; x < Width; x += Vector256<float>.Count)
        {
            Vector256<float> r = Vector256.Load(right + x), l = Vector256.Load(right + x - 1), d = Vector256.Load(below + x), t = Vector256.Load(above + x);
            Vector256<float> p = Around(du + x, stride, r, l, d, t, Vector256.Load(b1 + x)), q = Around(dv + x, stride, r, l, d, t, Vector256.Load(b2 + x));
            lastU.Store(du + x - Vector256<float>.Count);
            lastV.Store(dv + x - Vector256<float>.Count);
            Vector256<float> cross = Vector256.Load(a12 + x), hereU = Vector256.Load(du + x), hereV = Vector256.Load(dv + x);
            lastU = Sum(over, Sum(Vector256.Load(a11 + x), p, Sum(cross, q, -hereU)), hereU);
            lastV = Sum(over, Sum(cross, p, Sum(Vector256.Load(a22 + x), q, -hereV)), hereV);
        }

        int end = (Width - 1) / Vector256<float>.Count * Vector256<float>.Count;
        lastU.Store(du + end);
        lastV.Store(dv + end);
        new Span<float>(du + Width, PaddedPlane.Margin).Clear();
        new Span<float>(dv + Width, PaddedPlane.Margin).Clear();
    }

    /// <summary>The data terms of eight pixels: greys and their slopes stay constant along the flow, both normalised and robust.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Block(int at, int y, out Vector256<float> a11, out Vector256<float> a12, out Vector256<float> a22, out Vector256<float> b1, out Vector256<float> b2)
    {
        var (grey, gradient, half) = (Vector256.Create(GreyWeight), Vector256.Create(GradientWeight), Vector256.Create(0.5f));
        var (epsilon, zeta, one) = (Vector256.Create(Epsilon2), Vector256.Create(Zeta2), Vector256<float>.One);
        float* px = X.At(y) + at, py = Y.At(y) + at, pz = Z.At(y) + at;
        int stride = X.Stride;
        Vector256<float> du = Vector256.Load(U.At(y) + at), dv = Vector256.Load(V.At(y) + at), inside = Vector256.Load(Inside.At(y) + at);
        Vector256<float> ix = Vector256.Load(px), iy = Vector256.Load(py), iz = Vector256.Load(pz);
        Vector256<float> ixx = half * (Vector256.Load(px + 1) - Vector256.Load(px - 1)), ixy = half * (Vector256.Load(px + stride) - Vector256.Load(px - stride));
        Vector256<float> iyy = half * (Vector256.Load(py + stride) - Vector256.Load(py - stride));
        Vector256<float> ixz = half * (Vector256.Load(pz + 1) - Vector256.Load(pz - 1)), iyz = half * (Vector256.Load(pz + stride) - Vector256.Load(pz - stride));

        Vector256<float> norm = one / Sum(ix, ix, Sum(iy, iy, zeta));
        Vector256<float> left = Sum(ix, du, Sum(iy, dv, iz));
        Vector256<float> w = inside * grey * norm / Vector256.Sqrt(Sum(left * left, norm, epsilon));
        Vector256<float> wx = w * ix, wy = w * iy;

        Vector256<float> xy2 = Sum(ixy, ixy, zeta), normX = one / Sum(ixx, ixx, xy2), normY = one / Sum(iyy, iyy, xy2);
        Vector256<float> leftX = Sum(ixx, du, Sum(ixy, dv, ixz)), leftY = Sum(ixy, du, Sum(iyy, dv, iyz));
        w = inside * gradient / Vector256.Sqrt(Sum(leftX * leftX, normX, Sum(leftY * leftY, normY, epsilon)));
        (normX, normY) = (normX * w, normY * w);
        Vector256<float> xx = normX * ixx, xy = normX * ixy, yx = normY * ixy, yy = normY * iyy;
        a11 = Sum(xx, ixx, Sum(yx, ixy, wx * ix));
        a12 = Sum(xx, ixy, Sum(yx, iyy, wx * iy));
        a22 = Sum(xy, ixy, Sum(yy, iyy, wy * iy));
        b1 = -Sum(xx, ixz, Sum(yx, iyz, wx * iz));
        b2 = -Sum(xy, ixz, Sum(yy, iyz, wy * iz));
    }

    /// <summary>The sum of four neighbours, each times its tie, and a right side.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Around(
        float* here, int stride, Vector256<float> right, Vector256<float> left, Vector256<float> below, Vector256<float> above, Vector256<float> side) =>
        Sum(right, Vector256.Load(here + 1), Sum(left, Vector256.Load(here - 1), Sum(below, Vector256.Load(here + stride), Sum(above, Vector256.Load(here - stride), side))));

    /// <summary>a·b + c.</summary>
    private static Vector256<float> Sum(Vector256<float> a, Vector256<float> b, Vector256<float> c) => Vector256.MultiplyAddEstimate(a, b, c);
}
