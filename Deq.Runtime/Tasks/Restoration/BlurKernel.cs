using System.Numerics.Tensors;

namespace Deq.Runtime.Tasks.Restoration;

/// <summary>A square window of weights that sum to 1, as a correlation: a measured pixel is the sum of taps times the pixels around it.</summary>
/// <param name="Size">Pixels along each side, odd.</param>
/// <param name="Taps"><c>[Size, Size]</c>.</param>
public sealed record BlurKernel(int Size, float[] Taps)
{
    /// <summary>The most pixels of a kernel along each side.</summary>
    public const int MostSize = 63;

    // A sum below this share of the sum of magnitudes is rounding, or a kernel that removes what it should spread.
    private const double LeastSum = 1e-3;

    /// <summary>Pixels from the centre to an edge.</summary>
    public int Radius => Size / 2;

    /// <summary>Reads a point-spread function: how one bright pixel spreads.</summary>
    /// <param name="weights"><c>[height, width]</c>; divided by its sum. An even side gets a row or column of zeros before it.</param>
    /// <param name="height">At least 1.</param>
    /// <param name="width">At least 1.</param>
    /// <param name="refusal">What is wrong with it, a sentence; null for nothing.</param>
    /// <returns>The kernel; null when it is refused.</returns>
    public static BlurKernel? Of(ReadOnlySpan<float> weights, int height, int width, out string? refusal)
    {
        int size = Math.Max(height, width) | 1;
        double sum = 0, magnitude = 0;
        foreach (float weight in weights)
        {
            (sum, magnitude) = (sum + weight, magnitude + Math.Abs(weight));
        }

        refusal = size > MostSize ? $"The kernel has {width} x {height} pixels; the most is {MostSize} along a side."
            : !double.IsFinite(magnitude) ? "The kernel holds a number that is not finite."
            : !(Math.Abs(sum) > LeastSum * magnitude) ? "The kernel sums to 0, so it keeps nothing of the picture's brightness."
            : null;
        if (refusal is not null)
        {
            return null;
        }

        // A correlation with the flipped function is a convolution with it; the centre stays in the middle.
        float[] taps = new float[size * size];
        (int top, int left) = ((size - height + 1) / 2, (size - width + 1) / 2);
        for (int row = 0; row < height; row++)
        {
            for (int column = 0; column < width; column++)
            {
                taps[((size - 1 - top - row) * size) + (size - 1 - left - column)] = (float)(weights[(row * width) + column] / sum);
            }
        }

        return new BlurKernel(size, taps);
    }

    /// <summary>Bicubic shrinking by a whole factor, widened so that nothing aliases; the pixel that is measured lies in the middle of its block.</summary>
    /// <remarks>Keys' cubic with a = −1/2, as of most libraries. Source: Keys, "Cubic convolution interpolation" (1981).</remarks>
    /// <param name="factor">2 to 4.</param>
    public static BlurKernel Shrinking(int factor)
    {
        int radius = 2 * factor;
        int size = (2 * radius) + 1;
        double middle = (factor - 1) / 2.0 - ((factor - 1) / 2);
        double[] line = [.. Enumerable.Range(-radius, size).Select(place => Cubic(Math.Abs(place - middle) / factor))];
        double sum = line.Sum();
        float[] taps = new float[size * size];
        for (int i = 0; i < taps.Length; i++)
        {
            taps[i] = (float)(line[i / size] * line[i % size] / (sum * sum));
        }

        return new BlurKernel(size, taps);
    }

    /// <summary>A bound of ‖H‖² where every so many-th pixel is measured: the largest row sum times the largest column sum of magnitudes.</summary>
    /// <param name="factor">At least 1.</param>
    public double SquaredNormBound(int factor)
    {
        double[] phases = new double[factor * factor];
        for (int i = 0; i < Taps.Length; i++)
        {
            phases[(i / Size % factor * factor) + (i % Size % factor)] += Math.Abs(Taps[i]);
        }

        return TensorPrimitives.SumOfMagnitudes<float>(Taps) * phases.Max();
    }

    private static double Cubic(double x) =>
        x < 1 ? (((1.5 * x) - 2.5) * x * x) + 1
        : x < 2 ? (((((-0.5 * x) + 2.5) * x) - 4) * x) + 2
        : 0;
}
