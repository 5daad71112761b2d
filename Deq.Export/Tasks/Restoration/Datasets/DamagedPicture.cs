using Deq.Runtime.Tasks.Restoration;

namespace Deq.Export.Tasks.Restoration.Datasets;

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
        for (int tap = 0; tap < kernel.Taps.Length; tap++)
        {
            float weight = kernel.Taps[tap];
            if (weight == 0)
            {
                continue;
            }

            (int down, int across) = (offset + (tap / kernel.Size) - kernel.Radius, offset + (tap % kernel.Size) - kernel.Radius);
            int[] columns = [.. Enumerable.Range(0, width).Select(column => Folded((factor * column) + across, clean.Width))];
            for (int row = 0; row < height; row++)
            {
                int from = Folded((factor * row) + down, clean.Height) * clean.Width;
                Span<float> line = seen.AsSpan(row * width, width);
                for (int column = 0; column < line.Length; column++)
                {
                    line[column] += weight * clean.Pixels[from + columns[column]];
                }
            }
        }

        return seen;
    }

    private static int Folded(int place, int count)
    {
        int folded = ((place % (2 * count)) + (2 * count)) % (2 * count);
        return folded < count ? folded : (2 * count) - 1 - folded;
    }
}
