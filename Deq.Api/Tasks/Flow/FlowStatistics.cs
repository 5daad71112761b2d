using Deq.Runtime.Tasks.Flow;

namespace Deq.Api.Tasks.Flow;

/// <summary>What a flow shows on the whole.</summary>
/// <param name="Width">Pixels.</param>
/// <param name="Height">Pixels.</param>
/// <param name="MeanMagnitude">The mean length of the vectors, pixels.</param>
/// <param name="MaxMagnitude">The longest vector, pixels.</param>
/// <param name="DominantDirection">Where most of the motion goes; null when nothing moves.</param>
internal sealed record FlowStatistics(int Width, int Height, double MeanMagnitude, double MaxMagnitude, FlowDirection? DominantDirection)
{
    /// <summary>Sectors of a circle, of which the one with most motion is the dominant one.</summary>
    private const int Sectors = 16;

    internal static FlowStatistics Of(FlowField flow)
    {
        Span<double> right = stackalloc double[Sectors];
        Span<double> down = stackalloc double[Sectors];
        Span<double> lengths = stackalloc double[Sectors];
        (double sum, double longest) = (0, 0);
        for (int pixel = 0; pixel < flow.U.Length; pixel++)
        {
            (float u, float v) = (flow.U[pixel], flow.V[pixel]);
            double length = Math.Sqrt(((double)u * u) + ((double)v * v));
            sum += length;
            longest = Math.Max(longest, length);
            int sector = Sector(u, v);
            right[sector] += u;
            down[sector] += v;
            lengths[sector] += length;
        }

        int strongest = 0;
        for (int sector = 1; sector < Sectors; sector++)
        {
            strongest = lengths[sector] > lengths[strongest] ? sector : strongest;
        }

        FlowDirection? direction = sum > 0
            ? new FlowDirection(Math.Round(360 * Turn(right[strongest], down[strongest]), 1) % 360, Math.Round(lengths[strongest] / sum, 4))
            : null;
        return new FlowStatistics(flow.Width, flow.Height, sum / flow.U.Length, longest, direction);
    }

    /// <summary>The sector around a multiple of 22.5 degrees, found without a function of angles: that would take longer than a solve's evaluation.</summary>
    private static int Sector(float u, float v)
    {
        const float First = 0.19891237f, Second = 0.66817864f, Third = 1.4966058f, Fourth = 5.0273395f;
        float across = Math.Abs(u), along = Math.Abs(v);
        int steps = (along > First * across ? 1 : 0) + (along > Second * across ? 1 : 0) + (along > Third * across ? 1 : 0) + (along > Fourth * across ? 1 : 0);
        int turn = u < 0 ? (Sectors / 2) - steps : steps;
        return (v < 0 ? Sectors - turn : turn) % Sectors;
    }

    /// <summary>The direction of a vector as a share of a full turn, in [0, 1): 0 is to the right, a quarter is down.</summary>
    private static double Turn(double u, double v)
    {
        double turn = Math.Atan2(v, u) / (2 * Math.PI);
        return turn < 0 ? turn + 1 : turn;
    }
}

/// <summary>A direction of motion.</summary>
/// <param name="Degrees">0 is to the right, 90 down, 180 to the left, 270 up.</param>
/// <param name="Share">The share of all motion, by length, that goes within 11.25 degrees of the middle of its sector, 0 to 1.</param>
internal sealed record FlowDirection(double Degrees, double Share);
