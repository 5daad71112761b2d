using Deq.Runtime.Imaging;

namespace Deq.Runtime.Tasks.Flow;

/// <summary>Flow as colours, by Middlebury's convention: the direction is the hue, the length the saturation, unknown is black.</summary>
/// <remarks>
/// Full saturation is reached at the stated scale; longer vectors are darkened by a quarter. Source: Baker et al., "A database and evaluation
/// methodology for optical flow", IJCV 2011, <c>colorcode.cpp</c>: a wheel of 55 colours, unequally spaced as the eye tells hues apart.
/// </remarks>
public static class FlowColours
{
    private static readonly (byte Red, byte Green, byte Blue)[] Wheel =
    [
        .. Arc(15, part => (255, part, 0)),
        .. Arc(6, part => (255 - part, 255, 0)),
        .. Arc(4, part => (0, 255, part)),
        .. Arc(11, part => (0, 255 - part, 255)),
        .. Arc(13, part => (part, 0, 255)),
        .. Arc(6, part => (255, 0, 255 - part)),
    ];

    /// <summary>Draws a field as an 8-bit RGB PNG whose comment says the scale.</summary>
    /// <param name="flow">What to draw.</param>
    /// <param name="scale">Pixels of motion at full saturation, above 0; null takes the longest known vector. Default null.</param>
    /// <exception cref="ArgumentOutOfRangeException">The scale is not above 0.</exception>
    public static byte[] Png(FlowField flow, double? scale = null)
    {
        ArgumentNullException.ThrowIfNull(flow);
        double full = scale ?? Scale(flow);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(full, nameof(scale));
        ushort[] samples = new ushort[3 * flow.U.Length];
        for (int pixel = 0; pixel < flow.U.Length; pixel++)
        {
            if (flow.Known[pixel])
            {
                (byte red, byte green, byte blue) = Of(flow.U[pixel] / full, flow.V[pixel] / full);
                (samples[3 * pixel], samples[(3 * pixel) + 1], samples[(3 * pixel) + 2]) = (red, green, blue);
            }
        }

        return PngWriter.Write(
            new PngSamples(flow.Width, flow.Height, 3, 8, samples), FormattableString.Invariant($"Flow: full saturation at {full:0.###} pixels"));
    }

    /// <summary>The scale that a field is drawn at when none is given: its longest known vector in pixels, or 1 when nothing moves.</summary>
    public static double Scale(FlowField flow)
    {
        ArgumentNullException.ThrowIfNull(flow);
        double longest = flow.Longest();
        return longest > 0 ? longest : 1;
    }

    /// <summary>The colour of one vector.</summary>
    /// <param name="u">To the right, in units of the scale; finite.</param>
    /// <param name="v">Down, in units of the scale; finite.</param>
    public static (byte Red, byte Green, byte Blue) Of(double u, double v)
    {
        double length = Math.Sqrt((u * u) + (v * v));
        double place = ((Math.Atan2(-v, -u) / Math.PI) + 1) / 2 * (Wheel.Length - 1);
        int before = (int)place;
        (byte Red, byte Green, byte Blue) first = Wheel[before];
        (byte Red, byte Green, byte Blue) second = Wheel[(before + 1) % Wheel.Length];
        double share = place - before;
        return (Shade(first.Red, second.Red), Shade(first.Green, second.Green), Shade(first.Blue, second.Blue));

        byte Shade(byte from, byte to)
        {
            double hue = (((1 - share) * from) + (share * to)) / 255;
            return (byte)(255 * (length <= 1 ? 1 - (length * (1 - hue)) : 0.75 * hue));
        }
    }

    private static IEnumerable<(byte Red, byte Green, byte Blue)> Arc(int colours, Func<int, (int Red, int Green, int Blue)> colour) =>
        Enumerable.Range(0, colours)
            .Select(place => colour(255 * place / colours))
            .Select(mixed => ((byte)mixed.Red, (byte)mixed.Green, (byte)mixed.Blue));
}
