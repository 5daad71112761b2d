using Deq.Runtime.Imaging;
using Deq.Runtime.Tasks.Flow;

namespace Deq.Export.Tasks.Flow.Clips;

/// <summary>Columns cut out of frames and flows, and flows one after the other.</summary>
internal static class Crops
{
    /// <summary>Columns of a frame.</summary>
    /// <param name="frame">The whole.</param>
    /// <param name="left">The first column.</param>
    /// <param name="width">How many.</param>
    public static DecodedImage Of(DecodedImage frame, int left, int width) => new(width, frame.Height, Cut(frame.Pixels, 4, frame.Width, left, width));

    /// <summary>Columns of a flow, seen by a camera that moves meanwhile.</summary>
    /// <param name="flow">The whole.</param>
    /// <param name="left">The first column.</param>
    /// <param name="width">How many.</param>
    /// <param name="camera">Pixels that the cut moves to the right from this frame to the next.</param>
    public static FlowField Of(FlowField flow, int left, int width, int camera) => new(
        width,
        flow.Height,
        [.. Cut(flow.U, 1, flow.Width, left, width).Select(u => u - camera)],
        Cut(flow.V, 1, flow.Width, left, width),
        Cut(flow.Known, 1, flow.Width, left, width));

    /// <summary>The flow over two steps: the first, and the second read bilinearly where the first leads to. Unknown where it leads out of the frame, or onto an edge of motion.</summary>
    /// <remarks>On an edge four neighbours differ by more than a pixel, and between them nothing moves as their mean.</remarks>
    public static FlowField Chained(FlowField first, FlowField second)
    {
        int pixels = first.U.Length;
        (float[] u, float[] v, bool[] known) = (new float[pixels], new float[pixels], new bool[pixels]);
        for (int pixel = 0; pixel < pixels; pixel++)
        {
            (float x, float y) = ((pixel % first.Width) + first.U[pixel], (pixel / first.Width) + first.V[pixel]);
            if (first.Known[pixel] && x >= 0 && y >= 0 && x < first.Width - 1 && y < first.Height - 1)
            {
                int corner = ((int)y * first.Width) + (int)x;
                int[] around = [corner, corner + 1, corner + first.Width, corner + first.Width + 1];
                known[pixel] = around.All(place => second.Known[place]) && Spread(second.U, around) <= 1 && Spread(second.V, around) <= 1;
                u[pixel] = first.U[pixel] + Read(second.U, around, x - (int)x, y - (int)y);
                v[pixel] = first.V[pixel] + Read(second.V, around, x - (int)x, y - (int)y);
            }
        }

        return new FlowField(first.Width, first.Height, u, v, known);
    }

    private static float Spread(float[] values, int[] around) => around.Max(place => values[place]) - around.Min(place => values[place]);

    private static float Read(float[] values, int[] around, float right, float down) =>
        ((1 - down) * (((1 - right) * values[around[0]]) + (right * values[around[1]])))
        + (down * (((1 - right) * values[around[2]]) + (right * values[around[3]])));

    private static T[] Cut<T>(T[] values, int channels, int wide, int left, int width) =>
        [.. Enumerable.Range(0, values.Length / channels / wide).SelectMany(row => values.AsSpan(channels * ((row * wide) + left), channels * width).ToArray())];
}
