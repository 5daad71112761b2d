using Deq.Export.Gradients;
using Deq.Export.Recipes;
using Deq.Export.Solving;
using Deq.Runtime.FixedPoints;
using static TorchSharp.torch;

namespace Deq.Export.Specs.Gradients;

public sealed class ShineGradientSpecs
{
    public static TheoryData<string> Inverses => [.. GradientRecipe.Inverses];

    [Theory]
    [InlineData(0.5, "broyden")]
    [InlineData(0.9, "broyden")]
    [InlineData(0.97, "broyden")]
    [InlineData(0.5, "adjoint-broyden")]
    [InlineData(0.9, "adjoint-broyden")]
    [InlineData(0.97, "adjoint-broyden")]
    public void Are_nearer_the_exact_gradient_than_the_identity_is(double radius, string inverse)
    {
        using IDisposable scope = NewDisposeScope();
        LinearCell[] cells = [.. Enumerable.Range(1, 9).Select(seed => new LinearCell(radius, width: 8, seed: seed))];

        double[] shared = [.. cells.Select(cell => Error(cell, 40, 1e-9, new ShineGradient(1000, 0), inverse)).Order()];
        double[] plain = [.. cells.Select(cell => ((cell.Cotangent - cell.ExactAdjoint).norm() / cell.ExactAdjoint.norm()).item<double>()).Order()];

        Assert.True(shared[4] < 0.8 * plain[4], $"{shared[4]} against {plain[4]}");
    }

    [Theory]
    [MemberData(nameof(Inverses))]
    public void Are_exact_after_one_step_in_one_dimension(string inverse)
    {
        using IDisposable scope = NewDisposeScope();
        var cell = new LinearCell(radius: 0.9, width: 1);

        double error = Error(cell, evaluations: 2, tolerance: 1e-12, new ShineGradient(1000, 0), inverse);

        Assert.InRange(error, 0, 1e-12);
    }

    [Theory]
    [MemberData(nameof(Inverses))]
    public void Give_way_to_the_one_step_gradient_where_they_are_too_long_to_be_trusted(string inverse)
    {
        using IDisposable scope = NewDisposeScope();
        var cell = new LinearCell(radius: 0.97);
        using TorchSolver solver = cell.Solver(evaluations: 12, inverse);
        TorchSolution solution = solver.Solve(zeros_like(cell.Injection), RowGrant.Of(1e-9, 12), cell.Injection);
        using var shine = new ShineGradient(1.0001, 0);
        using var oneStep = new OneStep();

        Tensor shared = Adjoint(cell, shine, solution);
        Tensor plain = Adjoint(cell, oneStep, solution);

        bool[] isPlain = [.. Enumerable.Range(0, 3).Select(row => (shared[row] - plain[row]).abs().max().item<double>() == 0)];
        bool[] isLonger = [.. Enumerable.Range(0, 3).Select(row => shared[row].norm().item<double>() > plain[row].norm().item<double>() * 1.0001)];
        Assert.Contains(true, isPlain);
        Assert.DoesNotContain(true, isLonger);
    }

    [Theory]
    [MemberData(nameof(Inverses))]
    public void Come_close_to_the_exact_gradient_as_they_are_refined(string inverse)
    {
        using IDisposable scope = NewDisposeScope();
        var cell = new LinearCell(radius: 0.9, width: 12);

        double[] errors = [.. new[] { 0, 3, 9, 30 }.Select(steps => Error(cell, 6, 1e-9, new ShineGradient(1000, steps), inverse))];

        Assert.Equal(errors.OrderDescending(), errors);
        Assert.InRange(errors[^1], 0, 1e-6);
    }

    [Theory]
    [MemberData(nameof(Inverses))]
    public void Refine_rows_that_fell_back_too(string inverse)
    {
        using IDisposable scope = NewDisposeScope();
        var cell = new LinearCell(radius: 0.9);

        double error = Error(cell, 8, 1e-9, new ShineGradient(1.0001, 30), inverse);

        Assert.InRange(error, 0, 1e-6);
    }

    [Theory]
    [MemberData(nameof(Inverses))]
    public void Keep_each_rows_own_estimate_whenever_it_finished(string inverse)
    {
        using IDisposable scope = NewDisposeScope();
        var cell = new LinearCell(radius: 0.8, width: 24, rows: 4);
        using (no_grad())
        {
            cell.Injection[1].zero_();
        }

        Tensor together = ImageOfOnes(cell, cell.Injection.detach(), inverse);
        Tensor alone = cat([.. Enumerable.Range(0, 4).Select(row => ImageOfOnes(cell, cell.Injection.detach().narrow(0, row, 1), inverse))], 0);

        Assert.InRange((together - alone).abs().max().item<double>(), 0, 1e-9);
        Assert.Equal(1, together[1].max().item<double>());
        Assert.True((together[0] - together[2]).abs().max().item<double>() > 0.01);
    }

    [Theory]
    [InlineData(0.9)]
    [InlineData(0.97)]
    public void Point_where_the_exact_gradient_does_when_the_forward_solve_has_learned_the_outer_direction(double radius)
    {
        using IDisposable scope = NewDisposeScope();
        LinearCell[] cells = [.. Enumerable.Range(1, 5).Select(seed => new LinearCell(radius, width: 64, seed: seed))];

        double[] aware = [.. cells.Select(cell => Cosine(cell, opaEvery: 1))];
        double[] unaware = [.. cells.Select(cell => Cosine(cell, opaEvery: 0))];

        Assert.All(aware, cosine => Assert.InRange(cosine, 0.99, 1 + 1e-9));
        Assert.All(unaware, cosine => Assert.InRange(cosine, 0, 0.95));
    }

    [Fact]
    public void Are_asked_of_a_solver_that_keeps_none_and_the_answer_says_so()
    {
        using IDisposable scope = NewDisposeScope();
        var cell = new LinearCell(radius: 0.5);
        using var shine = new ShineGradient(1.3, 0);

        ArgumentException fault = Assert.Throws<ArgumentException>(() => shine.Attach(cell.Evaluate, TorchSolution.Given(cell.Exact)));

        Assert.Contains("Broyden", fault.Message, StringComparison.Ordinal);
    }

    /// <summary>Aᵀ applied to a vector of ones in each row, after a solve that rows leave at different times.</summary>
    private static Tensor ImageOfOnes(LinearCell cell, Tensor injection, string kind)
    {
        using TorchSolver solver = cell.Solver(evaluations: 40, kind);
        IRowInverse inverse = solver.Solve(zeros_like(injection), RowGrant.Of(1e-3, 40), injection).Inverse!;
        return inverse.ApplyTransposed(ones_like(injection));
    }

    private static double Error(LinearCell cell, int evaluations, double tolerance, ShineGradient shine, string inverse)
    {
        using TorchSolver solver = cell.Solver(evaluations, inverse);
        TorchSolution solution = solver.Solve(zeros_like(cell.Injection), RowGrant.Of(tolerance, evaluations), cell.Injection);
        Tensor adjoint = Adjoint(cell, shine, solution);
        shine.Dispose();
        Tensor exact = cell.ExactAdjoint;
        return ((adjoint - exact).norm() / exact.norm()).item<double>();
    }

    private static double Cosine(LinearCell cell, int opaEvery)
    {
        using TorchSolver solver = cell.Solver(evaluations: 30, "adjoint-broyden", opaEvery);
        TorchSolution solution = solver.Solve(zeros_like(cell.Injection), RowGrant.Of(1e-12, 30), cell.Injection);
        using var shine = new ShineGradient(1000, 0);
        Tensor adjoint = Adjoint(cell, shine, solution);
        Tensor exact = cell.ExactAdjoint;
        return ((adjoint * exact).sum() / (adjoint.norm() * exact.norm())).item<double>();
    }

    private static Tensor Adjoint(LinearCell cell, IGradientEstimator gradient, TorchSolution solution)
    {
        cell.Injection.grad?.zero_();
        GradientPass pass = gradient.Attach(cell.Evaluate, solution);
        cell.Loss(pass.State).backward();
        pass.Complete();
        return cell.Injection.grad!.clone();
    }
}
