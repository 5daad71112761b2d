using Deq.Export.Tasks.Flow.Clips;

namespace Deq.Benchmarks.Flow;

/// <summary>Drawn frames for measurements that no picture matters to.</summary>
internal static class Frames
{
    /// <summary>Three frames of a size.</summary>
    public static FlowClip Of(int width, int height) => new DrawnClips(new() { Width = width, Height = height, Frames = 3 }, seed: 1).Draw(0);
}
