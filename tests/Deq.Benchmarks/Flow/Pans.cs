using Deq.Export.Tasks.Flow.Clips;
using Deq.Runtime.Imaging;
using Deq.Runtime.Tasks.Flow;
using SkiaSharp;

namespace Deq.Benchmarks.Flow;

/// <summary>A camera that pans over photographs at one speed, as a video of 24 frames a second shows it.</summary>
internal static class Pans
{
    private const int Frames = 10;
    private const int Width = 384;
    private const int Height = 288;
    private const double LeastSpeed = 1;
    private const double MostSpeed = 8;

    /// <summary>A pan over each photograph of a folder, its speed from 1 to 8 pixels a frame, mostly sideways.</summary>
    /// <param name="directory">Photographs, in folders of any depth.</param>
    /// <param name="noise">The camera's, as σ in grey levels.</param>
    public static IEnumerable<FlowClip> Over(string directory, double noise)
    {
        string[] photographs = [.. Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).Where(file => Path.GetExtension(file) is ".jpg" or ".png").Order(StringComparer.Ordinal)];
        for (int number = 0; number < photographs.Length; number++)
        {
            using var photograph = SKBitmap.Decode(photographs[number]);
            if (photograph is not null)
            {
                yield return Over(photograph, Path.GetFileNameWithoutExtension(photographs[number]), new Random(number), noise);
            }
        }
    }

    private static FlowClip Over(SKBitmap photograph, string name, Random random, double noise)
    {
        double across = LeastSpeed + ((MostSpeed - LeastSpeed) * random.NextDouble()), down = (random.NextDouble() - 0.5) * across / 2;
        double wide = Width + (across * Frames), high = Height + (Math.Abs(down) * Frames);
        float scale = (float)Math.Max(wide / photograph.Width, high / photograph.Height);
        using var view = new SKBitmap(new SKImageInfo(Width, Height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        using var canvas = new SKCanvas(view);
        using var image = SKImage.FromBitmap(photograph);
        List<DecodedImage> frames = [];
        for (int frame = 0; frame < Frames; frame++)
        {
            canvas.ResetMatrix();
            canvas.Translate((float)(-across * frame), (float)((down < 0 ? down * Frames : 0) - (down * frame)));
            canvas.Scale(scale);
            canvas.DrawImage(image, 0, 0, new SKSamplingOptions(scale < 1 ? SKCubicResampler.Mitchell : SKCubicResampler.CatmullRom));
            frames.Add(new DecodedImage(Width, Height, Seen(view.GetPixelSpan(), random, noise)));
        }

        return new FlowClip(name, frames, new FlowField?[Frames - 1]);
    }

    /// <summary>What a camera with white noise sees.</summary>
    private static byte[] Seen(ReadOnlySpan<byte> pixels, Random random, double noise)
    {
        byte[] seen = pixels.ToArray();
        for (int i = 0; noise > 0 && i < seen.Length; i++)
        {
            double normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            seen[i] = i % 4 == 3 ? seen[i] : (byte)Math.Clamp(Math.Round(seen[i] + (noise * normal)), 0, 255);
        }

        return seen;
    }
}
