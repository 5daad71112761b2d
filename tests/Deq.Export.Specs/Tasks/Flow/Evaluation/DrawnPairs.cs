using Deq.Export.Tasks.Flow.Clips;
using Deq.Export.Tasks.Flow.Datasets;
using Deq.Export.Tasks.Flow.Scenes;
using Deq.Runtime.Imaging;
using Deq.Runtime.Tasks.Flow;
using SkiaSharp;

namespace Deq.Export.Specs.Tasks.Flow.Evaluation;

/// <summary>Small drawn frames with exact flow, in memory and as files.</summary>
internal static class DrawnPairs
{
    public static DrawnClips Clips(int frames = 6, int height = 32, int width = 48, int layers = 2) => new(
        new MotionOptions { Height = height, Width = width, Frames = frames, MaxMotion = 3, FirstMotion = 3, MaxLayers = layers, Light = 0, Noise = 0 },
        seed: 7);

    public static FlowPair Pair(int item = 0, int height = 32, int width = 48)
    {
        FlowClip clip = Clips(frames: 2, height, width).Draw(item);
        bool[] right = [.. Enumerable.Range(0, height * width).Select(pixel => pixel % width >= width / 2)];
        return new FlowPair($"drawn/{item}", clip.Frames[0], clip.Frames[1], clip.Truth[0]!, right);
    }

    /// <summary>Sequences as Middlebury has them, one folder per pair.</summary>
    public static string WriteMiddlebury(string directory, params FlowPair[] pairs)
    {
        foreach (FlowPair pair in pairs)
        {
            string folder = Path.Combine(directory, pair.Name.Replace('/', '-'));
            Directory.CreateDirectory(folder);
            File.WriteAllBytes(Path.Combine(folder, "frame10.png"), Png(pair.First));
            File.WriteAllBytes(Path.Combine(folder, "frame11.png"), Png(pair.Second));
            File.WriteAllBytes(Path.Combine(folder, "flow10.flo"), MiddleburyFlow.Write(pair.Truth));
        }

        return directory;
    }

    public static string WriteFrames(string directory, FlowClip clip)
    {
        Directory.CreateDirectory(directory);
        for (int frame = 0; frame < clip.Frames.Count; frame++)
        {
            File.WriteAllBytes(Path.Combine(directory, $"frame_{frame:00}.png"), Png(clip.Frames[frame]));
        }

        return directory;
    }

    private static byte[] Png(DecodedImage image)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(image.Width, image.Height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        image.Pixels.CopyTo(bitmap.GetPixelSpan());
        using SKData data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }
}
