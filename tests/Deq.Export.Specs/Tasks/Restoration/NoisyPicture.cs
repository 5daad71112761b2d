using Deq.Runtime.Tasks.Restoration;

namespace Deq.Export.Specs.Tasks.Restoration;

/// <summary>A grey picture of noise around a slope.</summary>
internal static class NoisyPicture
{
    public static byte[] Png(int width, int height)
    {
        var random = new Random(1);
        float[] plane = [.. Enumerable.Range(0, width * height).Select(i => (0.8f * (i % width) / width) + (0.2f * random.NextSingle()))];
        return new PicturePlanes(width, height, [plane]).Png();
    }
}
