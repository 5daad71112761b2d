using Deq.Export.Tasks.Flow.Scenes;

namespace Deq.Export.Specs.Tasks.Flow.Scenes;

/// <summary>A clip's next frame, read where a flow leads.</summary>
internal static class SyntheticMotionReading
{
    /// <summary>Mean absolute difference over visible pixels between a frame and the next read at scale × flow, values 0 to 1.</summary>
    public static double Difference(MotionClip clip, int frame, float scale, Func<int, bool>? where = null)
    {
        (double sum, int count) = (0, 0);
        for (int pixel = 0; pixel < clip.Pixels; pixel++)
        {
            float x = (pixel % clip.Width) + (scale * clip.Flow(frame)[pixel]);
            float y = (pixel / clip.Width) + (scale * clip.Flow(frame)[clip.Pixels + pixel]);
            if (!clip.Hidden(frame)[pixel] && x >= 0 && y >= 0 && x <= clip.Width - 1 && y <= clip.Height - 1 && where?.Invoke(pixel) != false)
            {
                for (int channel = 0; channel < 3; channel++)
                {
                    sum += Math.Abs(clip.Frame(frame)[(channel * clip.Pixels) + pixel] - Read(clip, frame + 1, channel, x, y));
                    count++;
                }
            }
        }

        return sum / count;
    }

    private static float Read(MotionClip clip, int frame, int channel, float x, float y)
    {
        ReadOnlySpan<float> plane = clip.Frame(frame).Slice(channel * clip.Pixels, clip.Pixels);
        (int left, int top) = (Math.Min((int)x, clip.Width - 2), Math.Min((int)y, clip.Height - 2));
        (float across, float down) = (x - left, y - top);
        int at = (top * clip.Width) + left;
        float above = plane[at] + (across * (plane[at + 1] - plane[at]));
        float below = plane[at + clip.Width] + (across * (plane[at + clip.Width + 1] - plane[at + clip.Width]));
        return above + (down * (below - above));
    }
}
