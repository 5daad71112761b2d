using Deq.Export.Tasks.Reasoning.Evaluation;

namespace Deq.Export.Specs.Tasks.Reasoning;

public sealed class ReasoningReportSpecs
{
    [Theory]
    [InlineData(new[] { 0.1, 0.2 }, new[] { 0.3, 0.4 }, 1)]
    [InlineData(new[] { 0.3, 0.4 }, new[] { 0.1, 0.2 }, 0)]
    [InlineData(new[] { 0.1, 0.3 }, new[] { 0.2 }, 0.5)]
    [InlineData(new[] { 0.1 }, new[] { 0.1, 0.2 }, 0.75)]
    public void The_area_is_the_chance_that_a_right_answer_has_the_smaller_score(double[] right, double[] wrong, double expected)
    {
        (double, bool)[] answers = [.. right.Select(score => (score, true)), .. wrong.Select(score => (score, false))];

        Assert.Equal(expected, ReasoningReport.AreaUnderCurve(answers), 1e-12);
    }

    [Fact]
    public void The_area_is_undefined_where_all_answers_are_right()
    {
        Assert.True(double.IsNaN(ReasoningReport.AreaUnderCurve([(0.1, true)])));
    }
}
