using Deq.Export.Gradients;
using Deq.Export.Recipes;
using Deq.Export.Solving;
using Deq.Runtime.FixedPoints;
using static TorchSharp.torch;

namespace Deq.Export.Specs.Gradients;

public sealed class GradientEstimatorSpecs
{
    private static readonly SolverRecipe Broyden = new() { Method = "broyden", Tolerance = 1e-12, MaxEvaluations = 60 };

    public static TheoryData<string> Methods => [.. FixedPointMethods.Names];

    public static TheoryData<string> Kinds => [.. GradientCatalogue.Kinds];

    [Theory]
    [MemberData(nameof(Methods))]
    public void Is_exact_when_implicit_by_any_method(string method)
    {
        using IDisposable scope = NewDisposeScope();
        var cell = new SmallCell(gain: 0.9);
        var recipe = new GradientRecipe { Kind = "implicit", Method = method, Tolerance = 1e-9, MaxEvaluations = 500 };

        double error = RelativeError(cell, GradientCatalogue.Make(recipe, Broyden));

        Assert.InRange(error, 0, 1e-6);
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.9)]
    [InlineData(0.97)]
    public void Is_within_a_millionth_when_implicit_to_a_hundred_millionth(double radius)
    {
        using IDisposable scope = NewDisposeScope();
        var cell = new LinearCell(radius, width: 32);
        using var gradient = new ImplicitGradient(new AndersonAcceleration(), RowGrant.Of(1e-8, 1000));

        Tensor adjoint = Adjoint(cell, gradient, TorchSolution.Given(cell.Exact));

        Assert.InRange(((adjoint - cell.ExactAdjoint).norm() / cell.ExactAdjoint.norm()).item<double>(), 0, 1e-6);
    }

    [Fact]
    public void Takes_next_to_nothing_when_implicit_and_started_from_the_same_adjoint()
    {
        using IDisposable scope = NewDisposeScope();
        var cell = new LinearCell(radius: 0.9);
        using var gradient = new ImplicitGradient(new AndersonAcceleration(), RowGrant.Of(1e-6, 1000)) { IsWarmStarted = true };

        double cold = Backward(cell.Evaluate, cell.Loss, gradient, TorchSolution.Given(cell.Exact)).Evaluations;
        double warm = Backward(cell.Evaluate, cell.Loss, gradient, TorchSolution.Given(cell.Exact)).Evaluations;

        Assert.True(cold > 5);
        Assert.Equal(1, warm);
    }

    [Fact]
    public void Comes_close_to_the_exact_one_as_a_phantom_takes_more_steps()
    {
        using IDisposable scope = NewDisposeScope();
        var cell = new SmallCell(gain: 0.9);
        int[] steps = [1, 5, 20, 300];

        double[] unrolled = [.. steps.Select(k => RelativeError(cell, new PhantomUnrolled(k, damping: 0.9)))];
        double[] neumann = [.. steps.Select(k => RelativeError(cell, new PhantomNeumann(k, damping: 0.9)))];

        Assert.Equal(unrolled.OrderDescending(), unrolled);
        Assert.InRange(unrolled[^1], 0, 1e-6);
        Assert.InRange(unrolled[0], 0.1, 1);
        Assert.All(unrolled.Zip(neumann), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
    }

    [Theory]
    [InlineData(1, 1.0)]
    [InlineData(2, 0.5)]
    [InlineData(5, 0.8)]
    public void Is_the_same_unrolled_and_as_a_series_at_the_fixed_point(int steps, double damping)
    {
        using IDisposable scope = NewDisposeScope();
        var cell = new SmallCell(gain: 0.9);

        Tensor unrolled = Gradient(cell, new PhantomUnrolled(steps, damping));
        Tensor series = Gradient(cell, new PhantomNeumann(steps, damping));

        Assert.InRange((unrolled - series).abs().max().item<double>(), 0, 1e-10);
    }

    [Fact]
    public void Is_the_shortest_phantom_when_of_one_step()
    {
        using IDisposable scope = NewDisposeScope();
        var cell = new SmallCell(gain: 0.9);

        Tensor oneStep = Gradient(cell, new OneStep());

        Assert.Equal(0, (oneStep - Gradient(cell, new PhantomUnrolled(1, 1))).abs().max().item<double>());
    }

    [Fact]
    public void Equals_automatic_differentiation_when_a_picard_solve_is_unrolled()
    {
        using IDisposable scope = NewDisposeScope();
        var cell = new SmallCell(gain: 0.9);
        Tensor start = zeros_like(cell.Injection);
        Tensor z = start;
        for (int i = 0; i < 7; i++)
        {
            z = cell.Evaluate(z);
        }

        Tensor expected = autograd.grad([cell.Loss(z)], [cell.Weight])[0];
        Tensor actual = Gradient(cell, new UnrolledSolve(new PicardIteration(), RowGrant.Of(1e-12, 7)), TorchSolution.Given(start));

        Assert.InRange((expected - actual).abs().max().item<double>(), 0, 1e-12);
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public void Is_exact_when_a_solve_that_went_on_long_enough_is_unrolled(string method)
    {
        using IDisposable scope = NewDisposeScope();
        var cell = new SmallCell(gain: 0.7);
        Tensor start = zeros_like(cell.Injection);
        IFixedPointMethod solver = FixedPointMethods.Named(method);

        Tensor actual = Gradient(cell, new UnrolledSolve(solver, RowGrant.Of(1e-13, 90)), TorchSolution.Given(start));

        Tensor exact = cell.ExactWeightGradient(cell.Solve());
        Assert.InRange(((actual - exact).norm() / exact.norm()).item<double>(), 0, 1e-5);
    }

    [Theory]
    [InlineData("broyden")]
    [InlineData("adjoint-broyden")]
    public void Is_exact_when_a_shared_inverse_is_refined_long_enough(string inverse)
    {
        using IDisposable scope = NewDisposeScope();
        var cell = new SmallCell(gain: 0.9);
        using TorchSolver solver = cell.Solver(Broyden, inverse);
        using var gradient = new ShineGradient(fallbackRatio: 1000, refinements: 30);

        Tensor actual = Gradient(cell, gradient, cell.Solve(solver, Broyden));

        Tensor exact = cell.ExactWeightGradient(cell.Solve());
        Assert.InRange(((actual - exact).norm() / exact.norm()).item<double>(), 0, 1e-8);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Reaches_the_injection_and_points_uphill(string kind)
    {
        using IDisposable scope = NewDisposeScope();
        var cell = new SmallCell(gain: 0.7);
        using TorchSolver solver = cell.Solver(Broyden);
        using IGradientEstimator gradient = GradientCatalogue.Make(new GradientRecipe { Kind = kind }, Broyden);

        Tensor estimate = Gradient(cell, gradient, cell.Solve(solver, Broyden));

        Tensor exact = cell.ExactWeightGradient(cell.Solve());
        Assert.True((estimate * exact).sum().item<double>() > 0.5 * estimate.norm().item<double>() * exact.norm().item<double>());
        Assert.True(cell.Injection.grad!.abs().sum(1).min().item<double>() > 0);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Leaves_the_state_the_decoder_sees_at_the_fixed_point(string kind)
    {
        using IDisposable scope = NewDisposeScope();
        var cell = new SmallCell(gain: 0.7);
        using TorchSolver solver = cell.Solver(Broyden);
        using IGradientEstimator gradient = GradientCatalogue.Make(new GradientRecipe { Kind = kind }, Broyden);

        Tensor seen = gradient.Attach(cell.Evaluate, cell.Solve(solver, Broyden)).State;

        Assert.InRange((seen - cell.Solve()).abs().max().item<double>(), 0, 1e-9);
    }

    [Fact]
    public void Has_a_known_name_or_is_refused_with_the_names_there_are()
    {
        ArgumentException fault = Assert.Throws<ArgumentException>(
            () => GradientCatalogue.Make(new GradientRecipe { Kind = "magic" }, new SolverRecipe()));

        Assert.Contains("magic", fault.Message, StringComparison.Ordinal);
        Assert.All(GradientCatalogue.Kinds, kind => Assert.Contains(kind, fault.Message, StringComparison.Ordinal));
    }

    private static double RelativeError(SmallCell cell, IGradientEstimator gradient)
    {
        Tensor exact = cell.ExactWeightGradient(cell.Solve());
        return ((Gradient(cell, gradient) - exact).norm() / exact.norm()).item<double>();
    }

    private static Tensor Gradient(SmallCell cell, IGradientEstimator gradient)
    {
        using (gradient)
        {
            return Gradient(cell, gradient, TorchSolution.Given(cell.Solve()));
        }
    }

    private static Tensor Gradient(SmallCell cell, IGradientEstimator gradient, TorchSolution solution)
    {
        cell.Weight.grad?.zero_();
        cell.Injection.grad?.zero_();
        Backward(cell.Evaluate, cell.Loss, gradient, solution);
        return cell.Weight.grad!.clone();
    }

    private static Tensor Adjoint(LinearCell cell, IGradientEstimator gradient, TorchSolution solution)
    {
        Backward(cell.Evaluate, cell.Loss, gradient, solution);
        return cell.Injection.grad!.clone();
    }

    private static BackwardReport Backward(
        Func<Tensor, Tensor> cell, Func<Tensor, Tensor> loss, IGradientEstimator gradient, TorchSolution solution)
    {
        GradientPass pass = gradient.Attach(cell, solution);
        loss(pass.State).backward();
        return pass.Complete();
    }
}
