using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Deq.Runtime.Tasks.Flow.FirstGuess;

/// <summary>Variational refinement of a flow: greys and their gradients stay constant along it, and it is piecewise smooth. Holds buffers; one owner.</summary>
/// <remarks>
/// Both terms are robust (a norm, not its square) and linearised at the flow that comes in; lagged weights, relaxation by rows of alternating parity, in which
/// the rows of one parity are independent of each other. Sources: Brox, Bruhn, Papenberg, Weickert, ECCV 2004; normalised data terms of Zimmer, Bruhn, Weickert, IJCV 2011.
/// </remarks>
internal sealed class FlowSmoothing
{
    /// <summary>α, β and γ of the energy for greys of 0 to 255: smoothness, constancy of gradients and of greys.</summary>
    private const float Smoothness = 20;
    private const float GradientWeight = 10;
    private const float GreyWeight = 5;
    private const float Epsilon2 = 1e-6f;
    private const float Zeta2 = 0.01f;

    private readonly PaddedPlane _warped;
    private readonly PaddedPlane _mean;
    private readonly PaddedPlane _x, _y, _z, _xx, _xy, _yy, _xz, _yz;
    private readonly PaddedPlane _du, _dv;
    private readonly PaddedPlane _a11, _a12, _a22, _b1, _b2, _right, _below;

    public FlowSmoothing(int width, int height)
    {
        PaddedPlane Plane() => new(width, height);
        (Width, Height) = (width, height);
        (_warped, _mean, _x, _y, _z, _xx, _xy, _yy, _xz, _yz) = (Plane(), Plane(), Plane(), Plane(), Plane(), Plane(), Plane(), Plane(), Plane(), Plane());
        (_du, _dv, _a11, _a12, _a22, _b1, _b2, _right, _below) = (Plane(), Plane(), Plane(), Plane(), Plane(), Plane(), Plane(), Plane(), Plane());
    }

    public int Width { get; }

    public int Height { get; }

    public long Bytes => 19 * _du.Bytes;

    /// <summary>Refines a flow in place.</summary>
    /// <param name="first">The frame whose pixels move.</param>
    /// <param name="second">The frame after it.</param>
    /// <param name="u">Pixels to the right.</param>
    /// <param name="v">Pixels down.</param>
    /// <param name="rounds">How often the robust weights are renewed.</param>
    /// <param name="sweeps">Relaxations per round.</param>
    /// <param name="bands">Runs what is independent per row.</param>
    public void Refine(
        GreyPlane first, GreyPlane second, PaddedPlane u, PaddedPlane v, int rounds, int sweeps, RowBands bands)
    {
        Array.Clear(_du.Values);
        Array.Clear(_dv.Values);
        bands.Run(Height, (from, to) => Warp(first, second, u, v, from, to));
        bands.Run(Height, Slopes);
        bands.Run(Height, SecondSlopes);
        for (int round = 0; round < rounds; round++)
        {
            bands.Run(Height, (from, to) => Diffusivity(u, v, from, to));
            bands.Run(Height, (from, to) => Coefficients(u, v, from, to));
            for (int sweep = 0; sweep < 2 * sweeps; sweep++)
            {
                int parity = sweep & 1;
                bands.Run(Height, (from, to) => Relax(parity, from, to));
            }
        }

        for (int y = 0; y < Height; y++)
        {
            TensorPrimitives.Add(u.RowSpan(y), _du.RowSpan(y), u.RowSpan(y));
            TensorPrimitives.Add(v.RowSpan(y), _dv.RowSpan(y), v.RowSpan(y));
        }
    }

    /// <summary>The second frame seen along the flow, its mean with the first, and its difference. What leads out of the frame is NaN: no data term counts there.</summary>
    private void Warp(GreyPlane first, GreyPlane second, PaddedPlane u, PaddedPlane v, int from, int to)
    {
        float[] values = second.Values;
        for (int y = from; y < to; y++)
        {
            ReadOnlySpan<float> lineU = u.RowSpan(y), lineV = v.RowSpan(y);
            ReadOnlySpan<float> line = first.Values.AsSpan(first.At(0, y), Width);
            Span<float> warped = _warped.RowSpan(y), mean = _mean.RowSpan(y), difference = _z.RowSpan(y);
            for (int x = 0; x < Width; x++)
            {
                float toX = x + lineU[x], toY = y + lineV[x];
                if (!(toX >= 0 && toY >= 0 && toX <= Width - 1 && toY <= Height - 1))
                {
                    (warped[x], mean[x], difference[x]) = (float.NaN, line[x], 0);
                    continue;
                }

                int wholeX = (int)toX, wholeY = (int)toY;
                float across = toX - wholeX, down = toY - wholeY;
                int at = second.At(wholeX, wholeY);
                float above = values[at] + ((values[at + 1] - values[at]) * across);
                float below = values[at + second.Stride] + ((values[at + second.Stride + 1] - values[at + second.Stride]) * across);
                float seen = above + ((below - above) * down);
                (warped[x], mean[x], difference[x]) = (seen, 0.5f * (seen + line[x]), seen - line[x]);
            }

            _mean.Extend(y);
            _z.Extend(y);
        }
    }

    private void Slopes(int from, int to)
    {
        var half = Vector256.Create(0.5f);
        for (int y = from; y < to; y++)
        {
            int row = _mean.Row(y);
            for (int x = 0; x < Width; x += 8)
            {
                int at = row + x;
                ((Load(_mean, at + 1) - Load(_mean, at - 1)) * half).StoreUnsafe(ref _x.Values[at]);
                ((Load(_mean, at + _mean.Stride) - Load(_mean, at - _mean.Stride)) * half).StoreUnsafe(ref _y.Values[at]);
                ((Load(_z, at + 1) - Load(_z, at - 1)) * half).StoreUnsafe(ref _xz.Values[at]);
                ((Load(_z, at + _z.Stride) - Load(_z, at - _z.Stride)) * half).StoreUnsafe(ref _yz.Values[at]);
            }

            _x.Extend(y);
            _y.Extend(y);
        }
    }

    private void SecondSlopes(int from, int to)
    {
        var half = Vector256.Create(0.5f);
        for (int y = from; y < to; y++)
        {
            int row = _x.Row(y);
            for (int x = 0; x < Width; x += 8)
            {
                int at = row + x;
                ((Load(_x, at + 1) - Load(_x, at - 1)) * half).StoreUnsafe(ref _xx.Values[at]);
                ((Load(_x, at + _x.Stride) - Load(_x, at - _x.Stride)) * half).StoreUnsafe(ref _xy.Values[at]);
                ((Load(_y, at + _y.Stride) - Load(_y, at - _y.Stride)) * half).StoreUnsafe(ref _yy.Values[at]);
            }
        }
    }

    /// <summary>How strongly a pixel is tied to the next one to the right and below: the robust weight of the flow's slope; 0 across the frame's edge.</summary>
    private void Diffusivity(PaddedPlane u, PaddedPlane v, int from, int to)
    {
        var alpha = Vector256.Create(Smoothness);
        var epsilon = Vector256.Create(Epsilon2);
        for (int y = from; y < to; y++)
        {
            int row = u.Row(y);
            for (int x = 0; x < Width; x += 8)
            {
                int at = row + x;
                Vector256<float> here = Load(u, at) + Load(_du, at), hereV = Load(v, at) + Load(_dv, at);
                Vector256<float> right = Load(u, at + 1) + Load(_du, at + 1) - here, rightV = Load(v, at + 1) + Load(_dv, at + 1) - hereV;
                int under = at + (y == Height - 1 ? 0 : u.Stride);
                Vector256<float> below = Load(u, under) + Load(_du, under) - here, belowV = Load(v, under) + Load(_dv, under) - hereV;
                Vector256<float> slope = (right * right) + (rightV * rightV) + (below * below) + (belowV * belowV) + epsilon;
                Vector256<float> tie = alpha / Vector256.Sqrt(slope);
                tie.StoreUnsafe(ref _right.Values[at]);
                (y == Height - 1 ? default : tie).StoreUnsafe(ref _below.Values[at]);
            }

            _right.Values.AsSpan(row + Width - 1, PaddedPlane.Margin).Clear();
        }
    }

    private void Coefficients(PaddedPlane u, PaddedPlane v, int from, int to)
    {
        var (grey, gradient) = (Vector256.Create(GreyWeight), Vector256.Create(GradientWeight));
        var (epsilon, zeta, one) = (Vector256.Create(Epsilon2), Vector256.Create(Zeta2), Vector256<float>.One);
        for (int y = from; y < to; y++)
        {
            int row = u.Row(y);
            for (int x = 0; x < Width; x += 8)
            {
                int at = row + x;
                Vector256<float> du = Load(_du, at), dv = Load(_dv, at);
                Vector256<float> ix = Load(_x, at), iy = Load(_y, at), iz = Load(_z, at);
                Vector256<float> ixx = Load(_xx, at), ixy = Load(_xy, at), iyy = Load(_yy, at), ixz = Load(_xz, at), iyz = Load(_yz, at);
                Vector256<float> seen = Load(_warped, at);
                Vector256<float> inside = Vector256.ConditionalSelect(Vector256.Equals(seen, seen), one, default);

                Vector256<float> norm = one / ((ix * ix) + (iy * iy) + zeta);
                Vector256<float> left = iz + (ix * du) + (iy * dv);
                Vector256<float> w = inside * grey * norm / Vector256.Sqrt((left * left * norm) + epsilon);
                Vector256<float> a11 = w * ix * ix, a12 = w * ix * iy, a22 = w * iy * iy, b1 = -w * ix * iz, b2 = -w * iy * iz;

                Vector256<float> normX = one / ((ixx * ixx) + (ixy * ixy) + zeta), normY = one / ((ixy * ixy) + (iyy * iyy) + zeta);
                Vector256<float> leftX = ixz + (ixx * du) + (ixy * dv), leftY = iyz + (ixy * du) + (iyy * dv);
                w = inside * gradient / Vector256.Sqrt((leftX * leftX * normX) + (leftY * leftY * normY) + epsilon);
                (normX, normY) = (normX * w, normY * w);
                a11 += (normX * ixx * ixx) + (normY * ixy * ixy);
                a12 += (normX * ixx * ixy) + (normY * ixy * iyy);
                a22 += (normX * ixy * ixy) + (normY * iyy * iyy);
                b1 -= (normX * ixx * ixz) + (normY * ixy * iyz);
                b2 -= (normX * ixy * ixz) + (normY * iyy * iyz);

                Vector256<float> r = Load(_right, at), l = Load(_right, at - 1), d = Load(_below, at), t = Load(_below, at - u.Stride);
                Vector256<float> ties = r + l + d + t;
                Vector256<float> hereU = Load(u, at), hereV = Load(v, at);
                b1 += (r * Load(u, at + 1)) + (l * Load(u, at - 1)) + (d * Load(u, at + u.Stride)) + (t * Load(u, at - u.Stride)) - (ties * hereU);
                b2 += (r * Load(v, at + 1)) + (l * Load(v, at - 1)) + (d * Load(v, at + u.Stride)) + (t * Load(v, at - u.Stride)) - (ties * hereV);
                a11 += ties + epsilon;
                a22 += ties + epsilon;

                StoreSystem(at, a11, a12, a22, b1, b2);
            }
        }
    }

    /// <summary>Keeps the inverse of the 2 × 2 system of eight pixels, so that a relaxation needs no division, and its right side.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void StoreSystem(int at, Vector256<float> a11, Vector256<float> a12, Vector256<float> a22, Vector256<float> b1, Vector256<float> b2)
    {
        Vector256<float> inverse = Vector256<float>.One / ((a11 * a22) - (a12 * a12));
        (a22 * inverse).StoreUnsafe(ref _a11.Values[at]);
        (-a12 * inverse).StoreUnsafe(ref _a12.Values[at]);
        (a11 * inverse).StoreUnsafe(ref _a22.Values[at]);
        b1.StoreUnsafe(ref _b1.Values[at]);
        b2.StoreUnsafe(ref _b2.Values[at]);
    }

    private void Relax(int parity, int from, int to)
    {
        int stride = _du.Stride;
        for (int y = from; y < to; y++)
        {
            int row = _du.Row(y);
            Vector256<float> over = ((y + parity) & 1) == 0 ? Even : Odd;
            for (int x = 0; x < Width; x += 8)
            {
                int at = row + x;
                Vector256<float> r = Load(_right, at), l = Load(_right, at - 1), d = Load(_below, at), t = Load(_below, at - stride);
                Vector256<float> p = Load(_b1, at) + (r * Load(_du, at + 1)) + (l * Load(_du, at - 1)) + (d * Load(_du, at + stride)) + (t * Load(_du, at - stride));
                Vector256<float> q = Load(_b2, at) + (r * Load(_dv, at + 1)) + (l * Load(_dv, at - 1)) + (d * Load(_dv, at + stride)) + (t * Load(_dv, at - stride));
                Vector256<float> cross = Load(_a12, at), du = Load(_du, at), dv = Load(_dv, at);
                (du + (over * ((Load(_a11, at) * p) + (cross * q) - du))).StoreUnsafe(ref _du.Values[at]);
                (dv + (over * ((cross * p) + (Load(_a22, at) * q) - dv))).StoreUnsafe(ref _dv.Values[at]);
            }

            _du.Values.AsSpan(row + Width, PaddedPlane.Margin).Clear();
            _dv.Values.AsSpan(row + Width, PaddedPlane.Margin).Clear();
        }
    }

    /// <summary>Successive over-relaxation by 1.6 of every second pixel, so that a pixel's neighbours rest while it moves.</summary>
    private static Vector256<float> Even => Vector256.Create(1.6f, 0, 1.6f, 0, 1.6f, 0, 1.6f, 0);

    private static Vector256<float> Odd => Vector256.Create(0, 1.6f, 0, 1.6f, 0, 1.6f, 0, 1.6f);

    private static Vector256<float> Load(PaddedPlane plane, int at) =>
        Interpolation.At(ref MemoryMarshal.GetArrayDataReference(plane.Values), at);
}
