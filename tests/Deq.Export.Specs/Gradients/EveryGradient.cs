using Deq.Export.Gradients;
using Deq.Export.Recipes;
using Deq.Runtime.FixedPoints;
using static TorchSharp.torch;

namespace Deq.Export.Specs.Gradients;

public sealed class EveryGradient
{
    public static TheoryData<string> Methods => [.. FixedPointMethods.Names];

    public static TheoryData<string> Kinds => [.. GradientCatalogue.Kinds];

    [Theory]
    [MemberData(nameof(Methods))]
    public void Is_exact_when_implicit_by_any_method(string method)
    {
        using IDisposable scope = NewDisposeScope();
        var cell = new SmallCell(gain: 0.9);
        var recipe = new GradientRecipe { Kind = "implicit", Tolerance = 1e-9, MaxEvaluations = 500 };

        double error = RelativeError(cell, GradientCatalogue.Make(recipe, FixedPointMethods.Find(method)!));

        Assert.InRange(error, 0, 1e-6);
    }

    [Fact]
    public void Comes_close_to_the_exact_one_as_a_phantom_unrolls_further()
    {
        using IDisposable scope = NewDisposeScope();
        var cell = new SmallCell(gain: 0.9);

        double[] errors = [.. new[] { 1, 5, 20, 300 }.Select(steps => RelativeError(cell, new PhantomUnrolled(steps, damping: 0.9)))];

        Assert.Equal(errors.OrderDescending(), errors);
        Assert.InRange(errors[^1], 0, 1e-6);
        Assert.InRange(errors[0], 0.1, 1);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Reaches_the_injection_and_points_uphill(string kind)
    {
        using IDisposable scope = NewDisposeScope();
        var cell = new SmallCell(gain: 0.7);
        Tensor solution = cell.Solve();
        using IGradientEstimator gradient = GradientCatalogue.Make(new GradientRecipe { Kind = kind }, new AndersonAcceleration());

        Differentiate(cell, gradient, solution);

        Tensor estimate = cell.Weight.grad!;
        Tensor exact = cell.ExactWeightGradient(solution);
        Assert.True((estimate * exact).sum().item<double>() > 0.5 * estimate.norm().item<double>() * exact.norm().item<double>());
        Assert.True(cell.Injection.grad!.abs().sum(1).min().item<double>() > 0);
    }

    [Fact]
    public void Leaves_the_state_the_decoder_sees_at_the_fixed_point()
    {
        using IDisposable scope = NewDisposeScope();
        var cell = new SmallCell(gain: 0.7);
        Tensor solution = cell.Solve();
        foreach (string kind in GradientCatalogue.Kinds)
        {
            using IGradientEstimator gradient = GradientCatalogue.Make(new GradientRecipe { Kind = kind }, new AndersonAcceleration());

            Tensor seen = gradient.Attach(cell.Evaluate, solution).State;

            Assert.True((seen - solution).abs().max().item<double>() < 1e-9, kind);
        }
    }

    [Fact]
    public void Has_a_known_name_or_is_refused_with_the_names_there_are()
    {
        ArgumentException fault = Assert.Throws<ArgumentException>(
            () => GradientCatalogue.Make(new GradientRecipe { Kind = "magic" }, new AndersonAcceleration()));

        Assert.Contains("magic", fault.Message, StringComparison.Ordinal);
        Assert.All(GradientCatalogue.Kinds, kind => Assert.Contains(kind, fault.Message, StringComparison.Ordinal));
    }

    private static double RelativeError(SmallCell cell, IGradientEstimator gradient)
    {
        Tensor solution = cell.Solve();
        Differentiate(cell, gradient, solution);
        gradient.Dispose();
        Tensor exact = cell.ExactWeightGradient(solution);
        return ((cell.Weight.grad! - exact).norm() / exact.norm()).item<double>();
    }

    private static void Differentiate(SmallCell cell, IGradientEstimator gradient, Tensor solution)
    {
        cell.Weight.grad?.zero_();
        cell.Injection.grad?.zero_();
        GradientPass pass = gradient.Attach(cell.Evaluate, solution);
        cell.Loss(pass.State).backward();
        pass.Complete();
    }
}
