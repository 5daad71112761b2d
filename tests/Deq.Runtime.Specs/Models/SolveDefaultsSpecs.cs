using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;

namespace Deq.Runtime.Specs.Models;

public sealed class SolveDefaultsSpecs
{
    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.PositiveInfinity)]
    public void Have_an_absolute_tolerance_above_zero_or_none(double absolute)
    {
        string fault = Assert.Single((Of("anderson") with { AbsoluteTolerance = absolute }).OptionFaults());

        Assert.Contains("absoluteTolerance", fault, StringComparison.Ordinal);
    }

    private static SolveDefaults Of(string solver) => new() { Solver = solver, Tolerance = 1e-3, MaxEvaluations = 50, EvaluationsLimit = 200, ToleranceLimit = 1e-6 };

    [Fact]
    public void Gives_its_own_solver_the_options_and_no_other()
    {
        SolveDefaults defaults = Of("anderson") with { Memory = 8, Damping = 0.5, Ridge = 1e-4 };

        Assert.Equal(new AndersonAcceleration { Depth = 8, Mixing = 0.5, Ridge = 1e-4 }, defaults.Method("anderson"));
        Assert.Equal(new PicardIteration(), defaults.Method("picard"));
    }

    [Fact]
    public void Gives_every_solver_as_it_is_where_there_are_no_options() =>
        Assert.All(FixedPointMethods.All, method => Assert.Equal(method, Of(method.Name).Method(method.Name)));

    [Theory]
    [InlineData("picard", 5, null, null, null, "defaults.memory is 5")]
    [InlineData("anderson", 33, null, null, null, "defaults.memory is 33")]
    [InlineData("broyden", null, 0.5, null, null, "defaults.damping is 0.5")]
    [InlineData("anderson", null, 1.5, null, null, "defaults.damping is 1.5")]
    [InlineData("anderson", null, null, 1.0, null, "defaults.ridge is 1")]
    [InlineData("picard", null, null, null, "last", "defaults.answer is 'last'")]
    public void Names_an_option_that_its_solver_does_not_take(string solver, int? memory, double? damping, double? ridge, string? answer, string fault)
    {
        SolveDefaults defaults = Of(solver) with { Memory = memory, Damping = damping, Ridge = ridge, Answer = answer };

        Assert.Contains(fault, Assert.Single(defaults.OptionFaults()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("best", false)]
    [InlineData("final", true)]
    public void Grants_solves_that_answer_with_the_iterate_it_names(string? answer, bool isFinal)
    {
        RowGrant grant = (Of("picard") with { Answer = answer }).Grant(1e-2, 7);

        Assert.Equal((isFinal, 1e-2, 7), (grant.AnswersFinal, grant.Tolerance.Limit, grant.Budget.Evaluations));
    }

    [Fact]
    public void Takes_options_at_their_bounds() =>
        Assert.Empty((Of("anderson") with { Memory = 32, Damping = 1, Ridge = 0, AbsoluteTolerance = 1e-3, Answer = "final" }).OptionFaults());
}
