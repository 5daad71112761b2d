using Deq.Runtime.Scheduling.Starts;
using Deq.Runtime.Tasks.Flow;
using Deq.Runtime.Tasks.Flow.WarmStarts;

namespace Deq.Runtime.Specs.Tasks.Flow.WarmStarts;

public sealed class FlowStartsSpecs
{
    private const int Enough = FlowStarts.FewestToCompare;
    private static readonly FlowState s_flow = new() { Hidden = 1, Stride = 4, PixelsPerChange = 2 };

    // h, u and v of two cells: flows of 5 and 1 cells, 12 pixels in the mean.
    private static readonly float[] s_state = [0.5f, -0.5f, 3, 0, 4, 1];

    [Fact]
    public void Are_the_carried_state_and_cold()
    {
        float[] carried = [1, 2, 3, 4, 5, 6];

        StartPlan plan = FlowStarts.Plan(carried, s_state, s_flow, Enough);

        Assert.Equal([carried, []], plan.Candidates.Select(candidate => candidate.ToArray()));
        Assert.Equal(FlowStarts.MostOfCold, plan.MostOfLast);
        Assert.Equal(FlowStarts.DefaultMostHiddenChange, plan.MostChange);
    }

    [Theory]
    [InlineData(0, 0.35, Enough)]
    [InlineData(2, 1, Enough)]
    [InlineData(2, 0.35, Enough - 1)]
    public void Have_no_bound_on_the_change_of_h_where_it_counts_for_nothing_none_is_set_or_h_cannot_be_found(double pixelsPerChange, double most, int evaluations)
    {
        StartPlan plan = FlowStarts.Plan(s_state, s_state, s_flow with { PixelsPerChange = pixelsPerChange }, evaluations, mostHiddenChange: most);

        Assert.Equal(double.PositiveInfinity, plan.MostChange);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.25)]
    [InlineData(1)]
    public void Are_sure_up_to_a_share_of_the_last_motion(double share) =>
        Assert.Equal(12 * share, FlowStarts.Plan(s_state, s_state, s_flow, Enough, share).SureBelow, 1e-12);

    [Fact]
    public void Take_the_carried_state_at_once_where_there_is_little_to_spend() =>
        Assert.Equal(double.PositiveInfinity, FlowStarts.Plan(s_state, s_state, s_flow, Enough - 1).SureBelow);
}
