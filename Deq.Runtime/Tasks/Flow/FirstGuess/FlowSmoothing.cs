using System.Numerics.Tensors;
using System.Runtime.Intrinsics;

namespace Deq.Runtime.Tasks.Flow.FirstGuess;

/// <summary>Variational refinement of a flow: greys and their gradients stay constant along it, and it is piecewise smooth. Holds buffers; one owner.</summary>
/// <remarks>
/// Both terms are robust (a norm, not its square) and linearised at the flow that comes in; lagged weights, relaxation by rows of alternating parity, in which
/// the rows of one parity are independent of each other. Sources: Brox, Bruhn, Papenberg, Weickert, ECCV 2004; normalised data terms of Zimmer, Bruhn, Weickert, IJCV 2011.
/// </remarks>
internal sealed class FlowSmoothing
{
    private readonly PaddedPlane _mean;
    private readonly SmoothingSystem _system;

    public FlowSmoothing(int width, int height)
    {
        (Width, Height, _mean, _system) = (width, height, new PaddedPlane(width, height), new SmoothingSystem(width, height));
    }

    public int Width { get; }

    public int Height { get; }

    public long Bytes => _mean.Bytes + _system.Bytes;

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
        Array.Clear(_system.U.Values);
        Array.Clear(_system.V.Values);
        bands.Run(Height, (from, to) => Warp(first, second, u, v, from, to));
        bands.Run(Height, Slopes);
        for (int round = 0; round < rounds; round++)
        {
            bands.Run(Height, (from, to) => Round(u, v, 2 * sweeps, from, to));
            for (int band = 1; band < bands.Count(Height); band++)
            {
                Join(u, v, 2 * sweeps, bands.First(Height, band));
            }
        }

        for (int y = 0; y < Height; y++)
        {
            TensorPrimitives.Add(u.RowSpan(y), _system.U.RowSpan(y), u.RowSpan(y));
            TensorPrimitives.Add(v.RowSpan(y), _system.V.RowSpan(y), v.RowSpan(y));
        }
    }

    /// <summary>The second frame seen along the flow, its mean with the first, and its difference. What leads out of the frame counts 0 in the data terms.</summary>
    private void Warp(GreyPlane first, GreyPlane second, PaddedPlane u, PaddedPlane v, int from, int to)
    {
        float[] values = second.Values;
        for (int y = from; y < to; y++)
        {
            ReadOnlySpan<float> lineU = u.RowSpan(y), lineV = v.RowSpan(y);
            ReadOnlySpan<float> line = first.Values.AsSpan(first.At(0, y), Width);
            Span<float> inside = _system.Inside.RowSpan(y), mean = _mean.RowSpan(y), difference = _system.Z.RowSpan(y);
            for (int x = 0; x < Width; x++)
            {
                float toX = x + lineU[x], toY = y + lineV[x];
                if (!(toX >= 0 && toY >= 0 && toX <= Width - 1 && toY <= Height - 1))
                {
                    (inside[x], mean[x], difference[x]) = (0, line[x], 0);
                    continue;
                }

                int wholeX = (int)toX, wholeY = (int)toY;
                float across = toX - wholeX, down = toY - wholeY;
                int at = second.At(wholeX, wholeY);
                float above = values[at] + ((values[at + 1] - values[at]) * across);
                float below = values[at + second.Stride] + ((values[at + second.Stride + 1] - values[at + second.Stride]) * across);
                float seen = above + ((below - above) * down);
                (inside[x], mean[x], difference[x]) = (1, 0.5f * (seen + line[x]), seen - line[x]);
            }

            _mean.Extend(y);
            _system.Z.Extend(y);
        }
    }

    private unsafe void Slopes(int from, int to)
    {
        var half = Vector256.Create(0.5f);
        for (int y = from; y < to; y++)
        {
            float* mean = _mean.At(y), above = _mean.At(y - 1), below = _mean.At(y + 1), across = _system.X.At(y), down = _system.Y.At(y);
            for (int x = 0; x < Width; x += Vector256<float>.Count)
            {
                ((Vector256.Load(mean + x + 1) - Vector256.Load(mean + x - 1)) * half).Store(across + x);
                ((Vector256.Load(below + x) - Vector256.Load(above + x)) * half).Store(down + x);
            }

            _system.X.Extend(y);
            _system.Y.Extend(y);
        }
    }

    /// <summary>Renews the weights and relaxes the rows of a band, those at edges that it shares with another less often.</summary>
    /// <remarks>
    /// A row is relaxed for the next time as soon as the row below was for the time before: what it needs is then still in the cache. In order, row by row,
    /// that gives the same numbers as sweep by sweep.
    /// </remarks>
    private void Round(PaddedPlane u, PaddedPlane v, int times, int from, int to)
    {
        for (int front = from; front <= to + times; front++)
        {
            if (front < to)
            {
                _system.Tie(u, v, front);
            }

            if (front < to && (front > from || from == 0))
            {
                _system.Build(u, v, front);
            }

            for (int time = 0; time < times; time++)
            {
                int y = front - 1 - time;
                if (y >= (from == 0 ? 0 : from + 1 + time) && y < (to == Height ? to : to - 1 - time))
                {
                    _system.Relax(time & 1, y);
                }
            }
        }
    }

    /// <summary>Relaxes what two bands left at the edge between them.</summary>
    private void Join(PaddedPlane u, PaddedPlane v, int times, int edge)
    {
        _system.Build(u, v, edge);
        for (int time = 0; time < times; time++)
        {
            for (int y = edge - 1 - time; y <= edge + time; y++)
            {
                _system.Relax(time & 1, y);
            }
        }
    }
}
