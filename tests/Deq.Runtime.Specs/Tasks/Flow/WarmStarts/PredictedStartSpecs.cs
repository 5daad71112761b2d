using Deq.Runtime.Imaging;
using Deq.Runtime.Tasks.Flow.WarmStarts;

namespace Deq.Runtime.Specs.Tasks.Flow.WarmStarts;

/// <summary>On a textured square that moves to the right over a textured ground that stands still. h is 1 on the square and 0 elsewhere.</summary>
public sealed class PredictedStartSpecs
{
    private const int Side = 96;
    private const int Square = 40;
    private const double Stride = 4;
    private const int Hidden = 1;
    private static readonly FlowStateLayout s_layout = new(Hidden, (int)(Side / Stride), (int)(Side / Stride));

    [Fact]
    public void Is_the_old_flow_where_motion_goes_on()
    {
        float[] start = Predict(State(20, 4), [], 16, 20, 24);

        Assert.InRange(Error(start, 20, 4), 0, 0.35);
        Assert.InRange(Inside(start, channel: Hidden, 20), 0.97f, 1.03f);
    }

    [Fact]
    public void Moves_the_outline_with_the_thing_it_belongs_to()
    {
        // The estimate of a motion is soft: at the outline it is between both.
        float[] state = Softened(State(16, 8));
        float[] carried = new float[state.Length];
        CarriedFlow.Carry(state, s_layout, new CarryOptions(), carried);

        float[] start = Predict(state, [], 16, 24, 32);

        float[] expected = Softened(State(24, 8));
        Assert.True(Distance(start, expected) < 0.6 * Distance(carried, expected), $"{Distance(start, expected)} against {Distance(carried, expected)}");
        Assert.True(HiddenDistance(start, expected) < 0.8 * HiddenDistance(carried, expected), $"{HiddenDistance(start, expected)} against {HiddenDistance(carried, expected)}");
    }

    [Fact]
    public void Follows_the_pictures_where_motion_changes_a_little()
    {
        // All there is moves: by 4 pixels, and then by 6.
        float[] state = [.. Enumerable.Range(0, s_layout.Length).Select(i => i / s_layout.Cells == Hidden ? (float)(4 / Stride) : 0)];
        float[] start = new float[state.Length];

        PredictedStart.Predict(new FlowPast(Everything(0), Everything(4), state, default), Everything(10), s_layout, Stride, new CarryOptions(), start);

        Assert.InRange(Inside(start, Hidden, 20) * Stride, 5.5f, 6.5f);
    }

    [Fact]
    public void Lets_motion_go_on_changing()
    {
        float[] earlier = State(12, 2)[(Hidden * s_layout.Cells)..];

        // 2, 8, 14 pixels: six more from pair to pair are more than the pictures are searched for.
        double without = Error(Predict(State(12, 8), [], 12, 20, 34), 20, 14);
        double with = Error(Predict(State(12, 8), earlier, 12, 20, 34), 20, 14);

        Assert.True(with < 0.8 * without, $"{with} against {without}");
    }

    [Fact]
    public void Does_not_believe_in_change_that_the_pictures_do_not_show()
    {
        float[] earlier = State(12, 2)[(Hidden * s_layout.Cells)..];

        double without = Error(Predict(State(12, 8), [], 12, 20, 28), 20, 8);
        double with = Error(Predict(State(12, 8), earlier, 12, 20, 28), 20, 8);

        Assert.InRange(with, 0, without + 0.1);
    }

    [Fact]
    public void Is_multiplied_in_the_end()
    {
        float[] whole = Predict(State(20, 4), [], 16, 20, 24);
        float[] half = Predict(State(20, 4), [], 16, 20, 24, new CarryOptions { FlowScale = 0.5f, HiddenScale = 0.25f });

        Assert.Equal(whole.Select((value, i) => value * (i < s_layout.Cells ? 0.25f : 0.5f)), half);
    }

    [Theory]
    [InlineData(65, 33, 4)]
    [InlineData(33, 65, 2.75)]
    [InlineData(1, 1, 1)]
    public void Takes_frames_of_any_size_and_cells_of_any_size_and_leaves_padding_as_it_was_carried(int width, int height, double stride)
    {
        var layout = new FlowStateLayout(2, (int)Math.Ceiling(height / stride) + 4, (int)Math.Ceiling(width / stride) + 4);
        var frame = HalvedFrame.Of(new DecodedImage(width, height, [.. Enumerable.Range(0, 4 * width * height).Select(i => (byte)(i * 7))]));
        float[] state = [.. Enumerable.Range(0, layout.Length).Select(i => i < 2 * layout.Cells ? i % 5 : 0f)];
        float[] start = new float[layout.Length];

        PredictedStart.Predict(new FlowPast(frame, frame, state, default), frame, layout, stride, new CarryOptions(), start);

        Assert.All(start, value => Assert.True(float.IsFinite(value)));
        Assert.Equal(state[layout.Cells - 1], start[layout.Cells - 1]);
    }

    [Fact]
    public void Comes_to_an_end_on_numbers_that_are_none()
    {
        float[] state = [.. Enumerable.Range(0, s_layout.Length).Select(i => i % 3 == 0 ? float.NaN : i % 3 == 1 ? float.PositiveInfinity : -1e30f)];

        PredictedStart.Predict(Past(state, state.AsMemory(Hidden * s_layout.Cells), 16, 20), Frame(24), s_layout, Stride, new CarryOptions(), new float[state.Length]);
    }

    [Fact]
    public void Says_what_does_not_belong_together()
    {
        float[] state = State(20, 4);
        var other = HalvedFrame.Of(new DecodedImage(2, 2, new byte[16]));
        Assert.Throws<ArgumentException>(() => PredictedStart.Predict(Past(state, default, 16, 20), other, s_layout, Stride, new CarryOptions(), new float[state.Length]));
        Assert.Throws<ArgumentException>(() => PredictedStart.Predict(Past(state, new float[3], 16, 20), Frame(24), s_layout, Stride, new CarryOptions(), new float[state.Length]));
        Assert.Throws<ArgumentException>(() => PredictedStart.Predict(Past(state, default, 16, 20), Frame(24), s_layout, Stride, new CarryOptions(), new float[3]));
        Assert.Throws<ArgumentException>(() => PredictedStart.Predict(Past(state, default, 16, 20), Frame(24), s_layout, Stride, new CarryOptions(), state));
        Assert.Throws<ArgumentOutOfRangeException>(() => PredictedStart.Predict(Past(state, default, 16, 20), Frame(24), s_layout, 0.5, new CarryOptions(), new float[state.Length]));
    }

    private static float[] Predict(float[] state, float[] earlier, int before, int first, int second, CarryOptions? options = null)
    {
        float[] start = new float[state.Length];
        PredictedStart.Predict(Past(state, earlier, before, first), Frame(second), s_layout, Stride, options ?? new CarryOptions(), start);
        return start;
    }

    private static FlowPast Past(float[] state, ReadOnlyMemory<float> earlier, int before, int first) => new(Frame(before), Frame(first), state, earlier);

    /// <summary>The state of a square at so many pixels from the left that moves by so many.</summary>
    private static float[] State(int left, double pixels)
    {
        float[] state = new float[s_layout.Length];
        for (int cell = 0; cell < s_layout.Cells; cell++)
        {
            if (IsOnSquare(cell, left))
            {
                (state[cell], state[s_layout.Cells + cell]) = (1, (float)(pixels / Stride));
            }
        }

        return state;
    }

    /// <summary>Every cell the mean of itself and its neighbours in the row.</summary>
    private static float[] Softened(float[] state) =>
        [.. state.Select((value, i) => (state[i - (i % s_layout.Width == 0 ? 0 : 1)] + value + state[i + (i % s_layout.Width == s_layout.Width - 1 ? 0 : 1)]) / 3)];

    private static bool IsOnSquare(int cell, int left)
    {
        double x = ((cell % s_layout.Width) + 0.5) * Stride;
        double y = ((cell / s_layout.Width) + 0.5) * Stride;
        return x > left && x < left + Square && y > 28 && y < 28 + Square;
    }

    /// <summary>The mean distance of the flow from that of a square at a place that moves by so many pixels; pixels.</summary>
    private static double Error(float[] start, int left, double pixels) => Distance(start, State(left, pixels));

    private static double Distance(float[] start, float[] expected)
    {
        int cells = s_layout.Cells;
        return Stride * Enumerable.Range(Hidden * cells, cells).Average(i => Math.Sqrt(Square2(start[i] - expected[i]) + Square2(start[cells + i] - expected[cells + i])));
    }

    private static double HiddenDistance(float[] start, float[] expected) => Enumerable.Range(0, s_layout.Cells).Average(i => Math.Abs(start[i] - expected[i]));

    private static double Square2(float value) => (double)value * value;

    /// <summary>The mean of a channel in the middle of the square.</summary>
    private static float Inside(float[] start, int channel, int left) => Enumerable.Range(0, s_layout.Cells)
        .Where(cell => IsOnSquare(cell, left + 8) && IsOnSquare(cell, left - 8)).Average(cell => start[(channel * s_layout.Cells) + cell]);

    /// <summary>The texture of the square all over, moved to the right by so many pixels.</summary>
    private static HalvedFrame Everything(int gone) => Frame(gone - Side, Side * 2, top: 0);

    /// <summary>The square at so many pixels from the left. Both textures are sums of waves of no common period.</summary>
    private static HalvedFrame Frame(int left, int side = Square, int top = 28)
    {
        byte[] pixels = new byte[4 * Side * Side];
        for (int i = 0; i < Side * Side; i++)
        {
            (double x, double y) = (i % Side, i / Side);
            bool isSquare = x >= left && x < left + side && y >= top && y < top + side;
            double across = isSquare ? x - left : x;
            (double period, double shift) = isSquare ? (3.1, 1) : (4.3, 2);
            for (int colour = 0; colour < 3; colour++)
            {
                double wave = Math.Sin((across / period) + (y / (5 + colour)) + shift) + Math.Sin((across / (7 + colour)) - (y / period));
                pixels[(4 * i) + colour] = (byte)(128 + (45 * wave));
            }

            pixels[(4 * i) + 3] = 255;
        }

        return HalvedFrame.Of(new DecodedImage(Side, Side, pixels));
    }
}
