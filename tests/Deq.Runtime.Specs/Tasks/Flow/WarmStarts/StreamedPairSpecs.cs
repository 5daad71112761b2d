using Deq.Runtime.Imaging;
using Deq.Runtime.Models;
using Deq.Runtime.Scheduling.Starts;
using Deq.Runtime.Tasks.Flow;
using Deq.Runtime.Tasks.Flow.FirstGuess;
using Deq.Runtime.Tasks.Flow.WarmStarts;

namespace Deq.Runtime.Specs.Tasks.Flow.WarmStarts;

/// <summary>On a texture that moves by four pixels, one cell, per frame.</summary>
public sealed class StreamedPairSpecs
{
    private const int Side = 64;
    private static readonly FlowState s_flow = new() { Hidden = 1, Stride = 4, PixelsPerChange = 1 };
    private static readonly FlowStateLayout s_layout = new(1, Side / 4, Side / 4);
    private static readonly LastPair s_last = new([.. Enumerable.Range(0, s_layout.Length).Select(i => i / s_layout.Cells == 1 ? 1f : 0)], 1);

    [Fact]
    public void Plans_the_warped_state_before_zero_without_a_guess()
    {
        (StreamedPair pair, float[] start) = Opened(guess: null, s_last);
        float[] carried = new float[s_layout.Length];

        StartPlan plan = pair.Plan(s_layout, carried)!;

        Assert.Null(pair.ColdReason);
        Assert.Equal(new float[s_layout.Length], start);
        Assert.Equal([s_layout.Length, 0], plan.Candidates.Select(candidate => candidate.Length));
        Assert.Equal(1, carried[s_layout.Cells + 5]);
    }

    [Fact]
    public void Plans_the_state_as_it_is_where_nothing_has_changed()
    {
        LastPair last = s_last with { State = [.. Enumerable.Range(0, s_layout.Length).Select(i => (float)i)] };
        (StreamedPair pair, _) = Opened(guess: null, last, default(FrameDifference));
        float[] carried = new float[s_layout.Length];

        pair.Plan(s_layout, carried);

        Assert.Equal(last.State, carried);
    }

    [Theory]
    [InlineData(0, "warped", null)]
    [InlineData(1, "cold", "residual")]
    public void Says_which_start_of_the_plan_was_taken(int candidate, string expected, string? reason)
    {
        (StreamedPair pair, _) = Opened(guess: null, s_last);

        string start = pair.Settle(new ChosenStart(candidate, [1, 1]));

        Assert.Equal((expected, reason), (start, pair.ColdReason));
    }

    [Fact]
    public void Starts_from_the_guess_made_of_the_previous_flow()
    {
        (StreamedPair pair, float[] start) = Opened(FlowGuess.Name, s_last);

        string settled = pair.Settle(null);

        Assert.Equal((StreamedPair.Warped, null), (settled, pair.ColdReason));
        Assert.Null(pair.Plan(s_layout, new float[s_layout.Length]));
        Assert.Equal(1, start.AsSpan(s_layout.Cells, s_layout.Cells)[(8 * 16) + 8], 0.1f);
    }

    [Fact]
    public void Is_cold_where_that_guess_loses_more_than_it_may()
    {
        (StreamedPair pair, _) = Opened(FlowGuess.Name, s_last with { MostLost = -1 });

        string settled = pair.Settle(null);

        Assert.Equal((StreamedPair.Cold, StreamedPair.Motion), (settled, pair.ColdReason));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(FlowGuess.Name)]
    public void Is_cold_after_a_cut(string? guess)
    {
        (StreamedPair pair, _) = Opened(guess, s_last, new FrameDifference(1, 1));

        string settled = pair.Settle(null);

        Assert.Equal((StreamedPair.Cold, StreamedPair.Cut), (settled, pair.ColdReason));
        Assert.Null(pair.Plan(s_layout, new float[s_layout.Length]));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(FlowGuess.Name)]
    public void Is_cold_without_a_reason_of_its_own_where_there_is_no_previous_pair(string? guess)
    {
        (StreamedPair pair, _) = Opened(guess, last: null, new FrameDifference(1, 1));

        string settled = pair.Settle(null);

        Assert.Equal((StreamedPair.Cold, null), (settled, pair.ColdReason));
    }

    private static (StreamedPair Pair, float[] Start) Opened(string? guess, LastPair? last, FrameDifference? difference = null)
    {
        var input = new ImageInput
        {
            Channels = 3,
            Mean = [0.5, 0.5, 0.5],
            Deviation = [0.5, 0.5, 0.5],
            Resize = "pad",
            Guess = guess,
            Sizes = new FrameSizes { Multiple = 16, LeastSide = 32, MostPixels = 1 << 16, TypicalHeight = 64, TypicalWidth = 64 },
        };
        using var threads = new PairThreads(1);
        var pair = new StreamedPair(new FlowInput(input, threads), s_flow, last);
        float[] start = new float[s_layout.Length];
        pair.Open(Frame(4), Frame(8), difference ?? new FrameDifference(0.01, 0.01), new float[(guess is null ? 6 : FlowGuess.Planes) * Side * Side], start);
        return (pair, start);
    }

    private static DecodedImage Frame(int moved) => new(Side, Side, [.. Enumerable.Range(0, 4 * Side * Side)
        .Select(i => i % 4 == 3 ? byte.MaxValue : (byte)Grey((i / 4 % Side) - moved, i / 4 / Side))]);

    private static double Grey(int x, int y) => 128 + (60 * Math.Sin(x * 0.35)) + (50 * Math.Sin((y * 0.3) + (x * 0.11)));
}
