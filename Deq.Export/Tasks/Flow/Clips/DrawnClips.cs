using Deq.Export.Tasks.Flow.Scenes;
using Deq.Runtime.Imaging;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Flow;

namespace Deq.Export.Tasks.Flow.Clips;

/// <summary>Clips of synthetic motion with exact flow, and the same with something happening in the middle. Decided by the seed alone.</summary>
/// <param name="options">Size, frames, motion.</param>
/// <param name="seed">Another than a model was trained with.</param>
internal sealed class DrawnClips(MotionOptions options, int seed)
{
    /// <summary>Height and width after a change of size, pixels: half, and at least what a clip can have.</summary>
    public (int Height, int Width) Half => (Math.Max(16, options.Height / 2), Math.Max(16, options.Width / 2));

    /// <summary>The same motion in frames that a model takes: of its typical size where those of the options are refused.</summary>
    /// <param name="options">What is drawn.</param>
    /// <param name="sizes">What the model takes.</param>
    public static MotionOptions Fitting(MotionOptions options, FrameSizes sizes) => sizes.Refusal(options.Height, options.Width) is null
        ? options
        : options with { Height = sizes.TypicalHeight, Width = sizes.TypicalWidth };

    /// <summary>Draws one clip in which nothing happens.</summary>
    /// <param name="item">Which.</param>
    public FlowClip Draw(int item)
    {
        var clip = new MotionClip(options);
        new MotionScenes(options).Draw(seed, item, progress: 1, clip);
        return new FlowClip(
            $"drawn {item}",
            [.. Enumerable.Range(0, clip.Count).Select(frame => Image(clip, frame))],
            [.. Enumerable.Range(0, clip.Count - 1).Select(pair => (FlowField?)Flow(clip, pair))]);
    }

    /// <summary>A cut in the middle: what follows is another scene. What counts are the two pairs after the cut; across it there is no truth.</summary>
    public FlowClip Cut(int item) => Joined($"cut {item}", Draw(item), Draw(item + OtherScene));

    /// <summary>A change of size in the middle: another scene in half the height and width, rounded up to what a clip can have.</summary>
    public FlowClip Resized(int item)
    {
        MotionOptions smaller = options with { Height = Half.Height, Width = Half.Width };
        return Joined($"resized {item}", Draw(item), new DrawnClips(smaller, seed).Draw(item + OtherScene));
    }

    /// <summary>The camera jumps in the middle, to the right: everything moves so many pixels to the left once. The jump and the pair after it count.</summary>
    /// <param name="item">Which clip.</param>
    /// <param name="pixels">At least 0.</param>
    public FlowClip Jump(int item, int pixels)
    {
        FlowClip wide = new DrawnClips(options with { Width = options.Width + pixels }, seed).Draw(item);
        int middle = wide.Frames.Count / 2;
        return new FlowClip(
            $"jump {item}",
            [.. wide.Frames.Select((frame, i) => Crops.Of(frame, Left(i), options.Width))],
            [.. wide.Truth.Select((flow, i) => (FlowField?)Crops.Of(flow!, Left(i), options.Width, Left(i + 1) - Left(i)))])
        {
            FirstCounted = middle - 1,
        };

        int Left(int frame) => frame < middle ? 0 : pixels;
    }

    /// <summary>The middle frame is missing: once, everything moves twice as far. That pair and the one after it count.</summary>
    public FlowClip Dropped(int item)
    {
        FlowClip whole = Draw(item);
        int middle = whole.Frames.Count / 2;
        FlowField both = Crops.Chained(whole.Truth[middle - 1]!, whole.Truth[middle]!);
        return new FlowClip(
            $"dropped {item}",
            [.. whole.Frames.Where((_, i) => i != middle)],
            [.. whole.Truth.Take(middle - 1), both, .. whole.Truth.Skip(middle + 1)])
        {
            FirstCounted = middle - 1,
        };
    }

    private const int OtherScene = 100_000;

    private static FlowClip Joined(string name, FlowClip before, FlowClip after)
    {
        int half = before.Frames.Count / 2;
        return new FlowClip(
            name,
            [.. before.Frames.Take(half), .. after.Frames.Take(half)],
            [.. before.Truth.Take(half - 1), null, .. after.Truth.Take(half - 1)])
        {
            FirstCounted = half,
        };
    }

    private static DecodedImage Image(MotionClip clip, int frame)
    {
        ReadOnlySpan<float> colours = clip.Frame(frame);
        byte[] pixels = new byte[4 * clip.Pixels];
        for (int pixel = 0; pixel < clip.Pixels; pixel++)
        {
            for (int channel = 0; channel < 3; channel++)
            {
                pixels[(4 * pixel) + channel] = (byte)Math.Round(255 * Math.Clamp(colours[(channel * clip.Pixels) + pixel], 0, 1));
            }

            pixels[(4 * pixel) + 3] = 255;
        }

        return new DecodedImage(clip.Width, clip.Height, pixels);
    }

    private static FlowField Flow(MotionClip clip, int pair) =>
        new(clip.Width, clip.Height, [.. clip.Flow(pair)[..clip.Pixels]], [.. clip.Flow(pair)[clip.Pixels..]]);
}
