using System.Buffers;
using Deq.Runtime.Imaging;

namespace Deq.Runtime.WarmStarts;

/// <summary>How much grey two frames differ by when the second is looked at along a flow, and when it is looked at as it stands.</summary>
/// <param name="Along">Mean absolute difference along the flow, 0 to 1; pixels that leave the frame are not counted, and 1 where all do.</param>
/// <param name="Still">The same without any flow.</param>
/// <remarks>
/// f corrects a stale flow slowly, so after a jump a small correction proves nothing, but the pictures do. On drawn clips, from the last pair's flow:
/// after a jump of 20 pixels and the pair after it the difference was 1.5 to 6 times that of the pair before and 0.8 to 4 times that of zero flow; where
/// nothing happens 0.9 to 1.5 times and 0.3 to 0.7 times.
/// </remarks>
public readonly record struct MotionFit(double Along, double Still)
{
    private const double MostOfLast = 1.2;
    private const double MostOfStill = 0.6;

    /// <summary>A difference that noise and light may make, one of 256 greys.</summary>
    private const double Noise = 1.0 / 255;

    /// <summary>However far apart the last pair was left: the flow across a cut that nobody saw leaves its pair as far apart as the next.</summary>
    private const double MostAlong = 8.0 / 255;

    /// <summary>The difference of one pixel counts up to here: where things are covered it says nothing of the flow.</summary>
    private const float MostOfPixel = 30;

    /// <summary>Samples at half of the frames' resolution, four to a cell of four pixels. Nothing is allocated once the shared pool is warm.</summary>
    /// <param name="first">The frame whose pixels move.</param>
    /// <param name="second">The other, of the same size.</param>
    /// <param name="state">A state of the frames' shape, <c>[Hidden + 2, H, W]</c>.</param>
    /// <param name="layout">How it lies in memory.</param>
    /// <param name="stride">Pixels per cell, at least 1.</param>
    /// <exception cref="ArgumentException">The sizes differ, or the state has another length.</exception>
    public static MotionFit Of(DecodedImage first, DecodedImage second, ReadOnlySpan<float> state, FlowStateLayout layout, double stride)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        if ((first.Width, first.Height) != (second.Width, second.Height) || state.Length != layout.Length)
        {
            throw new ArgumentException("Frames of one size and a state of theirs are needed.", nameof(state));
        }

        (int width, int height) = ((first.Width + 1) / 2, (first.Height + 1) / 2);
        float[] rented = ArrayPool<float>.Shared.Rent(2 * width * height);
        try
        {
            Span<float> before = rented.AsSpan(0, width * height);
            Span<float> after = rented.AsSpan(width * height, width * height);
            Halve(first, before);
            Halve(second, after);
            return Measure(before, after, width, height, state[(layout.Hidden * layout.Cells)..], layout, stride);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(rented);
        }
    }

    /// <summary>Whether the two pictures are one but for noise: then a state stays where it is, whatever its flow says.</summary>
    public bool IsStill => Still <= Noise;

    /// <summary>Whether the next solve may start from that flow. Where nothing moves the pictures have nothing to say.</summary>
    /// <param name="last">What <see cref="Along"/> was for the pair that the flow was found on.</param>
    public bool Holds(double last) => IsStill || !(Along > Math.Min(MostAlong, (MostOfLast * last) + Noise) && Along > MostOfStill * Still);

    private static MotionFit Measure(
        ReadOnlySpan<float> before, ReadOnlySpan<float> after, int width, int height, ReadOnlySpan<float> flow, FlowStateLayout layout, double stride)
    {
        (double along, double still, int counted) = (0, 0, 0);
        float perCell = (float)(stride / 2);
        for (int y = 0; y < height; y++)
        {
            int row = Math.Min((int)(2 * y / stride), layout.Height - 1) * layout.Width;
            for (int x = 0; x < width; x++)
            {
                int cell = row + Math.Min((int)(2 * x / stride), layout.Width - 1);
                float right = x + (flow[cell] * perCell);
                float down = y + (flow[layout.Cells + cell] * perCell);
                if (right >= 0 && right <= width - 1 && down >= 0 && down <= height - 1)
                {
                    float grey = before[(y * width) + x];
                    along += Math.Min(MostOfPixel, Math.Abs(grey - Between(after, width, height, right, down)));
                    still += Math.Min(MostOfPixel, Math.Abs(grey - after[(y * width) + x]));
                    counted++;
                }
            }
        }

        return counted == 0 ? new MotionFit(1, 1) : new MotionFit(along / (255.0 * counted), still / (255.0 * counted));
    }

    private static float Between(ReadOnlySpan<float> image, int width, int height, float x, float y)
    {
        (int left, int top) = ((int)x, (int)y);
        (int right, int bottom) = (Math.Min(left + 1, width - 1), Math.Min(top + 1, height - 1));
        (float across, float down) = (x - left, y - top);
        float upper = image[(top * width) + left] + (across * (image[(top * width) + right] - image[(top * width) + left]));
        float lower = image[(bottom * width) + left] + (across * (image[(bottom * width) + right] - image[(bottom * width) + left]));
        return upper + (down * (lower - upper));
    }

    /// <summary>Grey means of blocks of two by two, 0 to 255; the last column and row stand twice where there is half a block.</summary>
    private static void Halve(DecodedImage image, Span<float> half)
    {
        int across = (image.Width + 1) / 2;
        for (int i = 0; i < half.Length; i++)
        {
            (int left, int top) = (2 * (i % across), 2 * (i / across));
            (int right, int bottom) = (Math.Min(left + 1, image.Width - 1), Math.Min(top + 1, image.Height - 1));
            half[i] = (image.Grey256((top * image.Width) + left) + image.Grey256((top * image.Width) + right)
                + image.Grey256((bottom * image.Width) + left) + image.Grey256((bottom * image.Width) + right)) / (4f * 256);
        }
    }
}
