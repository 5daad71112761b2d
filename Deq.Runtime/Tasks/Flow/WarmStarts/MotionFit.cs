namespace Deq.Runtime.Tasks.Flow.WarmStarts;

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

    /// <summary>Samples at half of the frames' resolution, four to a cell of four pixels. Nothing is allocated.</summary>
    /// <param name="first">The frame whose pixels move.</param>
    /// <param name="second">The other, of the same size.</param>
    /// <param name="state">A state of the frames' shape, <c>[Hidden + 2, H, W]</c>.</param>
    /// <param name="layout">How it lies in memory.</param>
    /// <param name="stride">Pixels per cell, at least 1.</param>
    /// <exception cref="ArgumentException">The sizes differ, or the state has another length.</exception>
    public static MotionFit Of(HalvedFrame first, HalvedFrame second, ReadOnlySpan<float> state, FlowStateLayout layout, double stride)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        if (!first.IsLike(second) || state.Length != layout.Length)
        {
            throw new ArgumentException("Frames of one size and a state of theirs are needed.", nameof(state));
        }

        return Measure(first, second, state[(layout.Hidden * layout.Cells)..], layout, stride);
    }

    /// <summary>Whether the two pictures are one but for noise: then a state stays where it is, whatever its flow says.</summary>
    public bool IsStill => Still <= Noise;

    /// <summary>Whether the next solve may start from that flow. Where nothing moves the pictures have nothing to say.</summary>
    /// <param name="last">What <see cref="Along"/> was for the pair that the flow was found on.</param>
    public bool Holds(double last) => IsStill || !(Along > Math.Min(MostAlong, (MostOfLast * last) + Noise) && Along > MostOfStill * Still);

    private static MotionFit Measure(HalvedFrame before, HalvedFrame after, ReadOnlySpan<float> flow, FlowStateLayout layout, double stride)
    {
        (double along, double still, int counted) = (0, 0, 0);
        float perCell = (float)(stride / 2);
        for (int y = 0; y < before.Height; y++)
        {
            int row = Math.Min((int)(2 * y / stride), layout.Height - 1) * layout.Width;
            for (int x = 0; x < before.Width; x++)
            {
                int cell = row + Math.Min((int)(2 * x / stride), layout.Width - 1);
                float right = x + (flow[cell] * perCell);
                float down = y + (flow[layout.Cells + cell] * perCell);
                if (after.Holds(right, down))
                {
                    float grey = before.At(x, y)[HalvedFrame.Grey];
                    along += Math.Min(MostOfPixel, Math.Abs(grey - after.Between(right, down)[HalvedFrame.Grey]));
                    still += Math.Min(MostOfPixel, Math.Abs(grey - after.At(x, y)[HalvedFrame.Grey]));
                    counted++;
                }
            }
        }

        return counted == 0 ? new MotionFit(1, 1) : new MotionFit(along / (255.0 * counted), still / (255.0 * counted));
    }
}
