using Deq.Runtime.FixedPoints;
using Deq.Runtime.Tasks.Reasoning;

namespace Deq.Runtime.Specs.Tasks.Reasoning;

public sealed class StartSelectionSpecs
{
    private static readonly TokenGrid s_right = TokenGrid.Sequence([1]);
    private static readonly TokenGrid s_wrong = TokenGrid.Sequence([0]);

    public static TheoryData<string> Names => [.. StartSelection.Names];

    [Fact]
    public void The_first_that_settled_answers()
    {
        StartEnd[] starts = [End(StopReason.Evaluations, 9, 0.1), End(StopReason.Tolerance, 8, 1e-4), End(StopReason.Tolerance, 5, 1e-3)];

        Assert.Equal(2, StartSelection.Choose(StartSelection.Settled, starts, null));
    }

    [Fact]
    public void Where_none_settled_a_valid_answer_comes_before_a_smaller_residual()
    {
        StartEnd[] starts = [End(StopReason.Evaluations, 9, 0.1) with { Answer = s_wrong }, End(StopReason.Evaluations, 9, 0.5), End(StopReason.Cycle, 9, 0.3)];

        Assert.Equal(2, StartSelection.Choose(StartSelection.Settled, starts, s_right.Equals));
        Assert.Equal(0, StartSelection.Choose(StartSelection.Settled, starts, null));
        Assert.Equal(0, StartSelection.Choose(StartSelection.Residual, starts, s_right.Equals));
    }

    [Theory, MemberData(nameof(Names))]
    public void A_refused_answer_is_taken_only_where_there_is_no_other(string select)
    {
        StartEnd refused = End(StopReason.Refused, 9, 1e-4) with { Answer = s_wrong };
        StartEnd lost = new(StopReason.Diverged, 3, double.PositiveInfinity, null);

        Assert.Equal(2, StartSelection.Choose(select, [refused, refused, End(StopReason.Evaluations, 9, 0.4)], s_right.Equals));
        Assert.Equal(1, StartSelection.Choose(select, [lost, refused], s_right.Equals));
        Assert.Null(StartSelection.Choose(select, [lost, lost], s_right.Equals));
    }

    [Fact]
    public void The_majority_answers_with_its_smallest_residual()
    {
        StartEnd[] starts = [End(StopReason.Evaluations, 9, 0.01) with { Answer = s_wrong }, End(StopReason.Evaluations, 9, 0.3), End(StopReason.Evaluations, 9, 0.2)];

        Assert.Equal(2, StartSelection.Choose(StartSelection.Majority, starts, null));
    }

    private static StartEnd End(StopReason stop, int evaluations, double residual) => new(stop, evaluations, residual, s_right);
}
