using Deq.Export.Training;

namespace Deq.Export.Specs.Training;

public sealed class ConvergenceWatchSpecs
{
    [Fact]
    public void Keeps_still_while_residuals_fall_or_stay()
    {
        var watch = new ConvergenceWatch(tolerance: 1e-3);

        bool[] answers = [.. Enumerable.Range(0, 200).Select(step => watch.HasStoppedConverging(step < 100 ? 0.5 - (0.004 * step) : 0.09))];

        Assert.DoesNotContain(true, answers);
    }

    [Fact]
    public void Keeps_still_when_an_untrained_cell_grows_and_its_solves_still_converge()
    {
        var watch = new ConvergenceWatch(tolerance: 1e-3);

        bool[] answers = [.. Enumerable.Range(0, 200).Select(step => watch.HasStoppedConverging(Math.Min(1e-4 * (step + 1), 0.05)))];

        Assert.DoesNotContain(true, answers);
    }

    [Fact]
    public void Speaks_within_twice_its_window_when_solves_stop_converging()
    {
        var watch = new ConvergenceWatch(tolerance: 1e-3);

        int first = Enumerable.Range(0, 200).First(step => watch.HasStoppedConverging(step < 107 ? 0.01 : 0.3));

        Assert.InRange(first, 107, 147);
    }

    [Fact]
    public void Speaks_at_once_when_no_row_has_a_finite_state()
    {
        var watch = new ConvergenceWatch(tolerance: 1e-3);

        bool[] answers = [.. new[] { 0.01, double.PositiveInfinity, 0.01 }.Select(watch.HasStoppedConverging)];

        Assert.Equal([false, true, false], answers);
    }

    [Theory]
    [InlineData(1.2, "no contraction")]
    [InlineData(double.NaN, "no contraction")]
    [InlineData(0.9, "about 66 evaluations")]
    public void Says_why(double radius, string reason)
    {
        var watch = new ConvergenceWatch(tolerance: 1e-3);

        string text = watch.Explain(epoch: 2, step: 30, residual: 0.3, radius, budget: 12);

        Assert.Contains(reason, text, StringComparison.Ordinal);
        Assert.StartsWith("Epoch 2, step 30: ", text, StringComparison.Ordinal);
    }
}
