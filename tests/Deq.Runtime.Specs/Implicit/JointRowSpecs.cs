using Deq.Runtime.Implicit;

namespace Deq.Runtime.Specs.Implicit;

public sealed class JointRowSpecs
{
    private static readonly LeastSquares s_problem = new() { Penalty = 0 };
    private static readonly JointSteps s_steps = new() { State = 0.5, Multiplier = 0.25, Input = 0.1 };

    [Fact]
    public void Moves_each_part_by_its_own_step()
    {
        var row = new JointRow(s_steps, new JointLayout(1, 1), outputs: 1);
        row.Begin();

        float[] next = Advance(row, [1, 2, 3], mapped: 3, target: 6, gradient: 10, loss: 1);

        Assert.Equal([2f, 3f, 2f], next);
    }

    [Fact]
    public void Measures_the_larger_residual_and_the_gradient_against_the_largest_so_far()
    {
        var row = new JointRow(s_steps, new JointLayout(1, 1), outputs: 1);
        row.Begin();
        Advance(row, [0, 0, 0], mapped: 1, target: 1, gradient: 8, loss: 1);

        Advance(row, [3, 9, 0], mapped: 4, target: 10, gradient: 2, loss: 1);

        Assert.Equal(0.25, row.Residual.First, tolerance: 1e-6);
        Assert.Equal(0.25, row.Residual.Second, tolerance: 1e-5);
    }

    [Fact]
    public void Is_no_solution_before_anything_has_reached_the_input()
    {
        var row = new JointRow(s_steps, new JointLayout(1, 1), outputs: 1);
        row.Begin();

        Advance(row, [1, 0, 0], mapped: 1, target: 0, gradient: 0, loss: 1);

        Assert.Equal(1, row.Residual.Value);
    }

    [Fact]
    public void Holds_the_input_until_its_first_evaluation()
    {
        var row = new JointRow(s_steps with { InputFrom = 1 }, new JointLayout(1, 1), outputs: 1);
        row.Begin();

        float[] first = Advance(row, [1, 2, 3], mapped: 3, target: 6, gradient: 10, loss: 1);
        double residual = row.Residual.Value;
        float[] second = Advance(row, first, mapped: 3, target: 6, gradient: 10, loss: 1);

        Assert.Equal(3, first[2]);
        Assert.Equal(1, residual);
        Assert.Equal(2, second[2]);
    }

    [Theory]
    [InlineData(1, 9.5f, 2, true)]
    [InlineData(3, 8, 0.5, false)]
    [InlineData(0.5, 8.8f, 2, true)]
    [InlineData(3, 8.8f, 0.5, false)]
    public void Keeps_an_iterate_of_least_residual_or_of_lower_loss_at_nearly_that(double loss, float z, double keptLoss, bool isKept)
    {
        var row = new JointRow(s_steps, new JointLayout(1, 1), outputs: 1);
        row.Begin();
        for (int i = 0; i < 10; i++)
        {
            Advance(row, [9, 1, 0], mapped: 10, target: 1, gradient: i == 0 ? 1 : 0.01f, loss: i == 9 ? keptLoss : 5);
        }

        Advance(row, [z, 1, 0.5f], mapped: 10, target: 1, gradient: 0, loss: loss);

        Assert.Equal(isKept ? loss : keptLoss, row.KeptLoss);
        Assert.Equal(isKept ? z : 9, row.Kept[0]);
    }

    [Fact]
    public void Keeps_the_iterate_of_least_rank_where_the_problem_ranks()
    {
        var problem = new NearestChange();
        float[] brought = new float[problem.LengthOf(input: 1, output: 1)];
        NearestChange.Write([0], label: 0, wanted: null, radius: 9, brought);
        var row = new JointRow(s_steps, new JointLayout(1, 1), outputs: 1);
        row.Begin();

        foreach ((float x, double loss) in new[] { (3f, 1.0), (2f, 0.0), (5f, -1.0), (1f, 1.0) })
        {
            row.Advance([1, 1, x], new JointEvaluation { Mapped = [1], MultiplierTarget = [1], Gradient = [1], Output = [x], Loss = loss }, problem, brought, new float[3]);
        }

        Assert.Equal(2, row.Kept[2]);
        Assert.Equal(2, row.KeptOutput[0]);
    }

    [Fact]
    public void Never_keeps_what_is_not_finite()
    {
        var row = new JointRow(s_steps, new JointLayout(1, 1), outputs: 1);
        row.Begin();
        Advance(row, [9, 1, 0], mapped: 10, target: 1, gradient: 1, loss: 4);

        Advance(row, [float.NaN, 1, 0], mapped: float.NaN, target: 1, gradient: 1, loss: 0);

        Assert.Equal(4, row.KeptLoss);
        Assert.True(double.IsNaN(row.Residual.Value));
    }

    [Fact]
    public void Keeps_nothing_of_the_row_before_when_it_begins()
    {
        var row = new JointRow(s_steps, new JointLayout(1, 1), outputs: 1);
        row.Begin();
        row.Advance([9, 1, 5], new JointEvaluation { Mapped = [10], MultiplierTarget = [1], Gradient = [1], Output = [7], Loss = 4 }, s_problem, [], new float[3]);
        float[] before = [.. row.Kept, .. row.KeptOutput];

        row.Begin();
        Advance(row, [float.NaN, 1, 0], mapped: float.NaN, target: 1, gradient: 1, loss: double.NaN);

        Assert.Equal([9f, 1f, 5f, 7f], before);
        Assert.Equal([0f, 0f, 0f, 0f], (float[])[.. row.Kept, .. row.KeptOutput]);
        Assert.Equal((double.PositiveInfinity, double.PositiveInfinity), (row.KeptLoss, row.KeptResidual));
    }

    private static float[] Advance(JointRow row, float[] state, float mapped, float target, float gradient, double loss)
    {
        float[] next = new float[3];
        row.Advance(
            state,
            new JointEvaluation { Mapped = [mapped], MultiplierTarget = [target], Gradient = [gradient], Output = [0], Loss = loss },
            s_problem,
            [],
            next);
        return next;
    }
}
