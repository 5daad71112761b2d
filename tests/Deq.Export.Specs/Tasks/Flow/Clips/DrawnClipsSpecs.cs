using Deq.Export.Specs.Tasks.Flow.Datasets;
using Deq.Export.Specs.Tasks.Flow.Evaluation;
using Deq.Export.Tasks.Flow.Clips;
using Deq.Export.Tasks.Flow.Datasets;

namespace Deq.Export.Specs.Tasks.Flow.Clips;

public sealed class DrawnClipsSpecs
{
    public static TheoryData<string> Kinds => ["plain", "jump", "dropped"];

    [Theory, MemberData(nameof(Kinds))]
    public void Has_the_flow_that_leads_from_each_frame_to_the_next(string kind)
    {
        FlowClip[] clips = [.. Enumerable.Range(0, 6).Select(item => Draw(kind, item))];
        FlowPair[] pairs = [.. clips.SelectMany(clip => clip.Truth.Select((flow, i) => new FlowPair("pair", clip.Frames[i], clip.Frames[i + 1], flow!, null)))];

        double still = pairs.Sum(pair => Warping.Difference(pair, 0));

        Assert.True(pairs.Sum(pair => Warping.Difference(pair, 1)) < 0.6 * still);
        Assert.True(pairs.Sum(pair => Warping.Difference(pair, -1)) > still);
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Is_the_same_whenever_it_is_drawn(string kind)
    {
        FlowClip clip = Draw(kind, item: 2);

        Assert.Equal(clip.Frames[3].Pixels, Draw(kind, item: 2).Frames[3].Pixels);
        Assert.NotEqual(clip.Frames[3].Pixels, Draw(kind, item: 4).Frames[3].Pixels);
    }

    [Fact]
    public void Jumps_once_by_exactly_so_many_pixels()
    {
        FlowClip clip = DrawnPairs.Clips(width: 64).Jump(1, 20);
        FlowClip wide = DrawnPairs.Clips(width: 84).Draw(1);

        Assert.Equal(2, clip.FirstCounted);
        Assert.Equal(wide.Truth[2]!.U[0] - 20, clip.Truth[2]!.U[0]);
        Assert.Equal(wide.Truth[3]!.U[20], clip.Truth[3]!.U[0]);
        Assert.Equal(64, clip.Frames[0].Width);
    }

    [Fact]
    public void With_a_cut_knows_nothing_across_it_and_counts_what_follows()
    {
        FlowClip clip = DrawnPairs.Clips().Cut(0);

        Assert.Equal(6, clip.Frames.Count);
        Assert.Equal([2], Enumerable.Range(0, clip.Pairs).Where(pair => clip.Truth[pair] is null));
        Assert.Equal(3, clip.FirstCounted);
        Assert.NotEqual(DrawnPairs.Clips().Draw(0).Frames[3].Pixels, clip.Frames[3].Pixels);
    }

    [Fact]
    public void That_changes_its_size_goes_on_in_the_other()
    {
        FlowClip clip = DrawnPairs.Clips().Resized(0);

        Assert.Equal([(48, 32), (48, 32), (48, 32), (24, 16), (24, 16), (24, 16)], clip.Frames.Select(frame => (frame.Width, frame.Height)));
    }

    [Fact]
    public void Without_a_frame_moves_twice_as_far_once()
    {
        FlowClip whole = DrawnPairs.Clips().Draw(3);

        FlowClip clip = DrawnPairs.Clips().Dropped(3);

        Assert.Equal(whole.Frames.Count - 1, clip.Frames.Count);
        Assert.Equal(whole.Frames[4].Pixels, clip.Frames[3].Pixels);
        Assert.InRange(clip.Truth[2]!.Known.Count(known => known), 48 * 32 / 2, (48 * 32) - 1);
    }

    /// <summary>Nothing covers anything, so that every pixel inside both frames can be found again.</summary>
    private static FlowClip Draw(string kind, int item) => kind switch
    {
        "jump" => DrawnPairs.Clips(width: 64, layers: 0).Jump(item, 20),
        "dropped" => DrawnPairs.Clips(layers: 0).Dropped(item),
        _ => DrawnPairs.Clips(layers: 0).Draw(item),
    };
}
