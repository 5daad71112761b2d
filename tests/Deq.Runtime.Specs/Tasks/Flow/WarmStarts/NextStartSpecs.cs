using Deq.Runtime.Imaging;
using Deq.Runtime.Tasks.Flow;
using Deq.Runtime.Tasks.Flow.WarmStarts;

namespace Deq.Runtime.Specs.Tasks.Flow.WarmStarts;

/// <summary>On a texture that moves by four pixels per frame, seen in the state of the pair before.</summary>
public sealed class NextStartSpecs
{
    private const int Side = 64;
    private static readonly FlowState s_flow = new() { Hidden = 1, Stride = 4, PixelsPerChange = 1 };
    private static readonly FlowStateLayout s_layout = new(1, Side / 4, Side / 4);
    private static readonly float[] s_state = [.. Enumerable.Range(0, s_layout.Length).Select(i => i / s_layout.Cells == 1 ? 1f : 0)];
    private static readonly FlowPast s_past = new(Frame(0), Frame(4), s_state, default);
    private static readonly double s_fit = MotionFit.Of(Frame(0), Frame(4), s_state, s_layout, s_flow.Stride).Along;

    [Fact]
    public void Plans_the_carried_state_before_the_cold_one_where_motion_continues()
    {
        float[] carried = new float[s_layout.Length];

        var start = NextStart.Of(Rule(), s_past, s_fit, Frame(8), default, carried);

        Assert.Null(start.ColdReason);
        Assert.Equal([s_layout.Length, 0], start.Plan!.Candidates.Select(candidate => candidate.Length));
        Assert.Equal(NextStart.Names.Count, start.Plan.Candidates.Count);
        Assert.Contains(carried, number => number != 0);
    }

    [Fact]
    public void Is_cold_after_a_cut_whatever_the_motion() => Assert.Equal(
        new NextStart(NextStart.Cut, null), NextStart.Of(Rule(), s_past, s_fit, Frame(8), new FrameDifference(1, 1), new float[s_layout.Length]));

    [Fact]
    public void Is_cold_after_a_jump() => Assert.Equal(
        new NextStart(NextStart.Motion, null), NextStart.Of(Rule(), s_past, s_fit, Frame(28), default, new float[s_layout.Length]));

    [Fact]
    public void Hands_its_options_to_the_plan()
    {
        StartRule rule = Rule() with { SureShare = 0.5, MostHiddenChange = 0.25 };

        var start = NextStart.Of(rule, s_past, s_fit, Frame(8), default, new float[s_layout.Length]);

        Assert.Equal(0.5 * s_flow.Stride, start.Plan!.SureBelow, 1e-6);
        Assert.Equal(0.25, start.Plan.MostChange);
    }

    private static StartRule Rule() => new() { Flow = s_flow, Layout = s_layout, Evaluations = 40 };

    private static HalvedFrame Frame(int moved) => HalvedFrame.Of(new DecodedImage(Side, Side, [.. Enumerable.Range(0, 4 * Side * Side)
        .Select(i => (byte)Grey((i / 4 % Side) - moved, i / 4 / Side))]));

    private static double Grey(int x, int y) => 128 + (60 * Math.Sin(x * 0.35)) + (50 * Math.Sin((y * 0.3) + (x * 0.11)));
}
