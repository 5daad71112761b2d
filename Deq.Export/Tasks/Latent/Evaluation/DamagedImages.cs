using Deq.Export.RandomNumbers;
using Deq.Export.Tasks.Latent.Datasets;

namespace Deq.Export.Tasks.Latent.Evaluation;

/// <summary>Held-out images and what was done to them: nothing, noise, or a square hole.</summary>
/// <param name="Name">As tables call it.</param>
/// <param name="Clean">Row-major, 0 to 1.</param>
/// <param name="Damaged">The same with noise, or 0 in the hole.</param>
/// <param name="Weights">1 where a pixel was measured, otherwise 0.</param>
internal sealed record DamagedImages(string Name, float[][] Clean, float[][] Damaged, float[][] Weights)
{
    /// <summary>Standard deviation of the noise, of a grey range of 1.</summary>
    public const double Sigma = 0.3;

    /// <summary>Pixels of the hole along each side.</summary>
    public const int Hole = 10;

    private const int Seed = 7;

    // As far from the edges as a hole in a garment lies.
    private const int Margin = 4;

    /// <summary>The three kinds of damage on the same images.</summary>
    /// <param name="images">The data.</param>
    /// <param name="held">How many at its end were held out in training.</param>
    /// <param name="count">How many are taken, evenly spaced among those.</param>
    public static IReadOnlyList<DamagedImages> Of(IdxImages images, int held, int count)
    {
        int size = images.Height * images.Width;
        held = Math.Min(held, images.Count);
        count = Math.Min(count, held);
        float[][] clean = [.. Enumerable.Range(0, count).Select(_ => new float[size])];
        for (int i = 0; i < count; i++)
        {
            images.Copy(images.Count - 1 - (int)((long)i * held / count), clean[i]);
        }

        float[][] all = [.. clean.Select(_ => Enumerable.Repeat(1f, size).ToArray())];
        float[][] masks = [.. clean.Select((_, i) => Mask(images.Height, images.Width, i))];
        return
        [
            new DamagedImages("reconstruct", clean, clean, all),
            new DamagedImages($"denoise, σ = {Sigma}", clean, [.. clean.Select(Noisy)], all),
            new DamagedImages($"inpaint, {Hole} × {Hole}", clean, [.. clean.Zip(masks, (image, mask) => image.Zip(mask, (pixel, known) => pixel * known).ToArray())], masks),
        ];
    }

    /// <summary>Peak signal-to-noise ratio, dB, mean over images.</summary>
    /// <param name="found">As many as the clean ones.</param>
    public double Quality(IReadOnlyList<float[]> found) => Enumerable.Range(0, Clean.Length)
        .Average(i => -10 * Math.Log10(Clean[i].Zip(found[i], (a, b) => ((double)a - b) * ((double)a - b)).Average() + 1e-12));

    private static float[] Noisy(float[] image, int place)
    {
        var random = new SplitMix64(Seed, stream: 1, item: place);
        return [.. image.Select(pixel => (float)(pixel + (Sigma * Math.Sqrt(-2 * Math.Log(1 - random.NextShare())) * Math.Cos(2 * Math.PI * random.NextShare()))))];
    }

    private static float[] Mask(int height, int width, int place)
    {
        var random = new SplitMix64(Seed, stream: 2, item: place);
        int hole = Math.Min(Hole, Math.Min(height, width) / 2);
        int top = Math.Min(Margin, height - hole) + random.NextBelow(Math.Max(1, height - hole - (2 * Margin) + 1));
        int left = Math.Min(Margin, width - hole) + random.NextBelow(Math.Max(1, width - hole - (2 * Margin) + 1));
        float[] mask = [.. Enumerable.Repeat(1f, height * width)];
        for (int row = 0; row < hole; row++)
        {
            mask.AsSpan(((top + row) * width) + left, hole).Clear();
        }

        return mask;
    }
}
