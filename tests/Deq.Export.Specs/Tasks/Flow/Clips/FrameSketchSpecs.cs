using Deq.Export.Specs.Fixtures;
using Deq.Runtime.Imaging;
using Deq.Runtime.Tasks.Flow.WarmStarts;

namespace Deq.Export.Specs.Tasks.Flow.Clips;

/// <summary>Real clips; skipped where they are not at hand.</summary>
public sealed class FrameSketchSpecs
{
    private static readonly string[] s_clips = ["video_rubberwhale", "video_sintel_raftdemo"];

    [Fact]
    public void Finds_no_cut_within_clips_and_one_between_them()
    {
        FrameSketch[][] clips =
        [
            .. s_clips.Select(clip => Directory.GetFiles(SharedImages.Directory(clip), "*.png").Order(StringComparer.Ordinal)
                .Select(file => FrameSketch.Of(ImageDecoder.Decode(File.ReadAllBytes(file), new ImageLimits()))).ToArray()),
        ];

        Assert.All(clips, clip => Assert.True(clip.Length > 5));
        Assert.All(clips.SelectMany(clip => clip.Zip(clip.Skip(1))), pair => Assert.False(pair.Second.Difference(pair.First).IsCut));
        Assert.All(clips[0].SelectMany(_ => clips[1], (one, other) => one.Difference(other).IsCut), Assert.True);
    }
}
