using Deq.Export.Tasks.Flow.Scenes;

namespace Deq.Export.Specs.Tasks.Flow.Scenes;

public sealed class MotionScenesSpecs
{
    private static readonly MotionOptions s_dark = new() { Light = 0, Noise = 0 };

    [Fact]
    public void Are_brought_onto_the_frame_before_by_their_true_flow()
    {
        (double still, double moved, double halfway) = (0, 0, 0);
        for (int item = 0; item < 40; item++)
        {
            MotionClip clip = Draw(s_dark, item);
            still += SyntheticMotionReading.Difference(clip, 0, 0);
            halfway += SyntheticMotionReading.Difference(clip, 0, 0.5f);
            moved += SyntheticMotionReading.Difference(clip, 0, 1);
        }

        Assert.True(moved < 0.2 * still, $"{moved / 40} against {still / 40} for no flow");
        Assert.True(moved < 0.3 * halfway, $"{moved / 40} against {halfway / 40} for half the flow");
    }

    [Fact]
    public void Hide_what_their_true_flow_cannot_bring_back()
    {
        (double hidden, double visible, int count) = (0, 0, 0);
        for (int item = 0; item < 40; item++)
        {
            MotionClip clip = Draw(s_dark, item);
            bool[] covered = [.. clip.Hidden(0)];
            int inside = Enumerable.Range(0, clip.Pixels).Count(pixel => covered[pixel] && IsInside(clip, pixel));
            if (inside > 30)
            {
                visible += SyntheticMotionReading.Difference(clip, 0, 1);
                clip.Hidden(0).Clear();
                hidden += SyntheticMotionReading.Difference(clip, 0, 1, pixel => covered[pixel]);
                count++;
            }
        }

        Assert.True(count > 15, $"{count} clips hide anything");
        Assert.True(hidden > 5 * visible, $"{hidden / count} where hidden, {visible / count} where visible");
    }

    [Fact]
    public void Are_the_same_for_the_same_seed_and_number_whatever_was_drawn_before()
    {
        var options = new MotionOptions { Frames = 3 };
        MotionClip first = Draw(options, 7);
        var scenes = new MotionScenes(options);
        var again = new MotionClip(options);
        scenes.Draw(1, 3, 1, again);
        scenes.Draw(1, 7, 1, again);

        Assert.Equal(first.Frames, again.Frames);
        Assert.Equal(first.Flows, again.Flows);
        Assert.Equal(first.Occluded, again.Occluded);
        Assert.NotEqual(first.Frames, Draw(options, 8).Frames);
    }

    [Fact]
    public void Move_coherently_through_a_clip()
    {
        var options = new MotionOptions { Frames = 5, Light = 0, Noise = 0 };
        (double change, double length) = (0, 0);
        for (int item = 0; item < 10; item++)
        {
            MotionClip clip = Draw(options, item);
            for (int frame = 0; frame + 2 < clip.Count; frame++)
            {
                (double changes, double lengths) = Along(clip, frame);
                change += changes;
                length += lengths;
            }
        }

        Assert.True(change < 0.3 * length, $"Motion changes by {change / length} of itself per frame.");
    }

    [Fact]
    public void Move_further_as_training_goes_on()
    {
        var options = new MotionOptions { MaxMotion = 10, FirstMotion = 2, CurriculumShare = 0.5 };

        Assert.Equal(2, options.At(0).MaxMotion);
        Assert.Equal(6, options.At(0.25).MaxMotion);
        Assert.Equal(10, options.At(0.5).MaxMotion);
        Assert.Equal(10, options.At(1).MaxMotion);
        Assert.True(MeanLength(options, 0) < 0.6 * MeanLength(options, 1));
    }

    [Fact]
    public void Are_lit_differently_in_each_frame_but_stay_in_range()
    {
        var options = new MotionOptions { MaxMotion = 0, FirstMotion = 0, MaxLayers = 0 };

        MotionClip clip = Draw(options, 2);

        Assert.All(clip.Frames, value => Assert.InRange(value, 0, 1));
        Assert.InRange(SyntheticMotionReading.Difference(clip, 0, 1), 0.002, 0.1);
    }

    [Fact]
    public void Take_hardly_any_memory_for_another_clip()
    {
        var scenes = new MotionScenes(new MotionOptions());
        var clip = new MotionClip(new MotionOptions());
        scenes.Draw(1, 0, 1, clip);
        long before = GC.GetAllocatedBytesForCurrentThread();

        scenes.Draw(1, 1, 1, clip);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
    }

    [Fact]
    public void Refuse_a_clip_of_another_size()
    {
        var scenes = new MotionScenes(new MotionOptions());

        Assert.Contains("32 x 96", Assert.Throws<ArgumentException>(() => scenes.Draw(1, 0, 1, new MotionClip(new MotionOptions { Height = 32 }))).Message);
        Assert.Throws<ArgumentException>(() => new MotionClip(new MotionOptions { Frames = 1 }));
    }

    private static MotionClip Draw(MotionOptions options, int item)
    {
        var clip = new MotionClip(options);
        new MotionScenes(options).Draw(1, item, 1, clip);
        return clip;
    }

    private static bool IsInside(MotionClip clip, int pixel)
    {
        float x = (pixel % clip.Width) + clip.Flow(0)[pixel];
        float y = (pixel / clip.Width) + clip.Flow(0)[clip.Pixels + pixel];
        return x >= 0 && y >= 0 && x <= clip.Width - 1 && y <= clip.Height - 1;
    }

    private static double MeanLength(MotionOptions options, double progress)
    {
        var scenes = new MotionScenes(options);
        var clip = new MotionClip(options);
        double sum = 0;
        for (int item = 0; item < 20; item++)
        {
            scenes.Draw(1, item, progress, clip);
            sum += Enumerable.Range(0, clip.Pixels).Average(pixel => Math.Abs(clip.Flows[pixel]) + Math.Abs(clip.Flows[clip.Pixels + pixel]));
        }

        return sum;
    }

    /// <summary>How much the flow of visible pixels differs from the next flow at the place they go to, and how long it is.</summary>
    private static (double Change, double Length) Along(MotionClip clip, int frame)
    {
        (double change, double length) = (0, 0);
        for (int pixel = 0; pixel < clip.Pixels; pixel++)
        {
            (float u, float v) = (clip.Flow(frame)[pixel], clip.Flow(frame)[clip.Pixels + pixel]);
            if (!clip.Hidden(frame)[pixel])
            {
                int target = ((int)MathF.Round((pixel / clip.Width) + v) * clip.Width) + (int)MathF.Round((pixel % clip.Width) + u);
                change += Math.Abs(clip.Flow(frame + 1)[target] - u) + Math.Abs(clip.Flow(frame + 1)[clip.Pixels + target] - v);
                length += Math.Abs(u) + Math.Abs(v);
            }
        }

        return (change, length);
    }
}
