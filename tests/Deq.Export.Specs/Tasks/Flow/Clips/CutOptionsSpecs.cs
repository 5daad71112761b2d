using Deq.Export.Specs.Fixtures;
using Deq.Runtime.Imaging;
using Deq.Runtime.Tasks.Flow.WarmStarts;

namespace Deq.Export.Specs.Tasks.Flow.Clips;

/// <summary>Real clips; skipped where they are not at hand.</summary>
public sealed class CutOptionsSpecs
{
    private static readonly CutOptions s_cuts = new();

    private static readonly string[] s_clips = ["video_rubberwhale", "video_sintel_raftdemo"];

    [Fact]
    public void Go_on_from_frame_to_frame_and_end_between_clips()
    {
        FrameSketch[][] clips =
        [
            .. s_clips.Select(clip => Directory.GetFiles(SharedImages.Directory(clip), "*.png").Order(StringComparer.Ordinal)
                .Select(file => FrameSketch.Of(ImageDecoder.Decode(File.ReadAllBytes(file), new ImageLimits()))).ToArray()),
        ];

        Assert.All(clips, clip => Assert.True(clip.Length > 5));
        Assert.All(clips.SelectMany(clip => clip.Zip(clip.Skip(1))), pair => Assert.False(s_cuts.IsCut(pair.Second.Difference(pair.First))));
        Assert.All(
            clips[0].SelectMany(_ => clips[1], (one, other) => s_cuts.IsCut(one.Difference(other))), Assert.True);
    }
}
