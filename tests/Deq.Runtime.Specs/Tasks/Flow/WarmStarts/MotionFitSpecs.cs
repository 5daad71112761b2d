using Deq.Runtime.Imaging;
using Deq.Runtime.Tasks.Flow.WarmStarts;

namespace Deq.Runtime.Specs.Tasks.Flow.WarmStarts;

public sealed class MotionFitSpecs
{
    private const int Stride = 4;
    private const int Side = 64;
    private static readonly FlowStateLayout s_layout = new(Hidden: 1, Side / Stride, Side / Stride);

    [Fact]
    public void Is_near_zero_along_the_true_flow_alone()
    {
        MotionFit right = Fit(Frame(0), Frame(4), Flow(4));
        MotionFit none = Fit(Frame(0), Frame(4), Flow(0));

        Assert.InRange(right.Along, 0, 0.002);
        Assert.InRange(right.Still, 0.03, 0.12);
        Assert.Equal(none.Still, none.Along, 1e-6);
    }

    [Fact]
    public void Holds_while_motion_goes_on_and_not_after_a_jump()
    {
        double last = Fit(Frame(0), Frame(4), Flow(4)).Along;

        Assert.True(Fit(Frame(4), Frame(8), Flow(4)).Holds(last));
        Assert.True(Fit(Frame(4), Frame(9), Flow(4)).Holds(last + 0.02));
        Assert.False(Fit(Frame(4), Frame(28), Flow(4)).Holds(last));
        Assert.False(Fit(Frame(28), Frame(32), Flow(24)).Holds(last));
        Assert.False(Fit(Frame(28), Frame(32), Flow(24)).Holds(1));
    }

    [Fact]
    public void Holds_where_nothing_moves_whatever_the_noise()
    {
        MotionFit still = Fit(Frame(0, noise: 6), Frame(0, noise: 7), Flow(0));

        Assert.InRange(still.Along, 0.002, 0.05);
        Assert.True(still.Holds(still.Along));
    }

    [Fact]
    public void Does_not_hold_when_everything_leaves_the_frame() => Assert.False(Fit(Frame(0), Frame(0), Flow(2 * Side)).Holds(0));

    [Theory]
    [InlineData(65, 33)]
    [InlineData(33, 65)]
    public void Takes_frames_of_odd_sizes(int width, int height)
    {
        var layout = new FlowStateLayout(1, (height + 15) / 16 * 4, (width + 15) / 16 * 4);
        var frame = HalvedFrame.Of(new DecodedImage(width, height, [.. Enumerable.Range(0, 4 * width * height).Select(i => (byte)(i * 7))]));

        Assert.Equal(0, MotionFit.Of(frame, frame, new float[layout.Length], layout, Stride).Along);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(8)]
    [InlineData(2.75)]
    public void Takes_cells_of_any_size(double stride)
    {
        int cells = (int)Math.Ceiling(Side / stride);
        var layout = new FlowStateLayout(0, cells, cells);
        float[] flow = [.. Enumerable.Range(0, layout.Length).Select(i => i < layout.Cells ? 4f / (float)stride : 0)];

        MotionFit fit = MotionFit.Of(Frame(0), Frame(4), flow, layout, stride);

        Assert.InRange(fit.Along, 0, 0.002);
        Assert.InRange(fit.Still, 0.03, 0.12);
    }

    [Fact]
    public void Says_what_does_not_belong_together()
    {
        Assert.Throws<ArgumentException>(() => MotionFit.Of(Frame(0), Frame(0), new float[3], s_layout, Stride));
        Assert.Throws<ArgumentException>(() => MotionFit.Of(Frame(0), HalvedFrame.Of(new DecodedImage(1, 1, new byte[4])), Flow(0), s_layout, Stride));
    }

    private static MotionFit Fit(HalvedFrame first, HalvedFrame second, float[] state) => MotionFit.Of(first, second, state, s_layout, Stride);

    /// <summary>Everything moves to the right by so many pixels.</summary>
    private static float[] Flow(float pixels) =>
        [.. Enumerable.Range(0, s_layout.Length).Select(i => i / s_layout.Cells == s_layout.Hidden ? pixels / Stride : 0)];

    /// <summary>Waves of no common period, seen from a camera that has gone to the left by so many pixels.</summary>
    private static HalvedFrame Frame(int gone, int noise = 0)
    {
        byte[] pixels = new byte[4 * Side * Side];
        var random = new Random(noise);
        for (int i = 0; i < Side * Side; i++)
        {
            (double x, double y) = ((i % Side) - gone, i / Side);
            double grey = 128 + (40 * Math.Sin((x / 5) + (y / 9))) + (40 * Math.Sin((x / 13) - (y / 4))) + (noise == 0 ? 0 : random.Next(-8, 9));
            pixels.AsSpan(4 * i, 3).Fill((byte)Math.Clamp(grey, 0, 255));
            pixels[(4 * i) + 3] = 255;
        }

        return HalvedFrame.Of(new DecodedImage(Side, Side, pixels));
    }
}
