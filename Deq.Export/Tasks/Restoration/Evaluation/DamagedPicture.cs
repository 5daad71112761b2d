using Deq.Export.Tasks.Restoration.Datasets;
using Deq.Runtime.Tasks.Restoration;

namespace Deq.Export.Tasks.Restoration.Evaluation;

/// <summary>A picture after a known operator and with known noise.</summary>
/// <param name="Degradation">H.</param>
/// <param name="Sigma">Standard deviation of the noise, grey levels.</param>
/// <param name="Clean">What was damaged; of shrinking cut to a multiple of the factor.</param>
/// <param name="Measured">y.</param>
/// <param name="Height">Of y.</param>
/// <param name="Width">Of y.</param>
internal sealed record DamagedPicture(Degradation Degradation, double Sigma, GreyPicture Clean, float[] Measured, int Height, int Width)
{
    /// <summary>Damages a picture.</summary>
    /// <param name="picture">At least as large as the kernel of a blur.</param>
    /// <param name="degradation">H.</param>
    /// <param name="sigma">Grey levels.</param>
    /// <param name="seed">Decides the noise.</param>
    public static DamagedPicture Of(GreyPicture picture, Degradation degradation, double sigma, int seed)
    {
        int factor = degradation.Factor;
        GreyPicture clean = picture.Cut(0, 0, picture.Height / factor * factor, picture.Width / factor * factor);
        (int height, int width) = (clean.Height / factor, clean.Width / factor);
        float[] measured = degradation.Kernel is { } kernel ? Seen(clean, kernel, factor, height, width) : (float[])clean.Pixels.Clone();
        var random = new Random(seed);
        for (int i = 0; i < measured.Length; i++)
        {
            measured[i] += (float)(sigma / 255 * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        }

        return new DamagedPicture(degradation, sigma, clean, measured, height, width);
    }

    /// <summary>A mask that keeps a share of the pixels.</summary>
    public static bool[] Kept(GreyPicture picture, double share, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, picture.Pixels.Length).Select(_ => random.NextDouble() < share)];
    }

    private static float[] Seen(GreyPicture clean, BlurKernel kernel, int factor, int height, int width)
    {
        float[] seen = new float[height * width];
        int offset = (factor - 1) / 2;
        for (int pixel = 0; pixel < seen.Length; pixel++)
        {
            double sum = 0;
            (int row, int column) = ((factor * (pixel / width)) + offset, (factor * (pixel % width)) + offset);
            for (int tap = 0; tap < kernel.Taps.Length; tap++)
            {
                int y = Folded(row + (tap / kernel.Size) - kernel.Radius, clean.Height), x = Folded(column + (tap % kernel.Size) - kernel.Radius, clean.Width);
                sum += kernel.Taps[tap] * clean[y, x];
            }

            seen[pixel] = (float)sum;
        }

        return seen;
    }

    private static int Folded(int place, int count)
    {
        int folded = ((place % (2 * count)) + (2 * count)) % (2 * count);
        return folded < count ? folded : (2 * count) - 1 - folded;
    }
}
