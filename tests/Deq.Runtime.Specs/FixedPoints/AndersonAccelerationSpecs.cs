using Deq.Runtime.FixedPoints;
using Deq.Runtime.States;
using Deq.Testing;

namespace Deq.Runtime.Specs.FixedPoints;

public sealed class AndersonAccelerationSpecs
{
    /// <summary>f(z) = z + x: no fixed point, and every g_k is the same, so the least-squares matrix has rank one.</summary>
    private static readonly NamedProblem Translation = NamedProblems.LinearOf("translation", SquareMatrix.OfSpectrum(1, 1, 1, 1, 1), 1);

    [Fact]
    public void Damping_makes_Picard_converge_on_an_expansion_with_a_negative_eigenvalue()
    {
        NamedProblem expansion = NamedProblems.LinearOf("expansion", SquareMatrix.OfSpectrum(7, -1.5, -1.4, 0.3), 1.5);

        SolvedProblem undamped = SolvedProblem.From(expansion, new PicardIteration(), MethodCatalogue.Grant(), 1);
        SolvedProblem damped = SolvedProblem.From(expansion, new PicardIteration { Damping = 0.5 }, MethodCatalogue.Grant(), 1);

        Assert.False(undamped.Solution.Rows[0].Converged);
        Assert.True(damped.Solution.Rows[0].Converged);
    }

    [Theory]
    [InlineData(1.0)]
    [InlineData(0.4)]
    public void Anderson_of_depth_one_is_Picard_damped_by_the_mixing(double mixing)
    {
        NamedProblem problem = NamedProblems.Find("linear-0.9");

        SolvedProblem anderson = SolvedProblem.From(problem, new AndersonAcceleration { Depth = 1, Mixing = mixing }, MethodCatalogue.Grant(), 1, 2);
        SolvedProblem picard = SolvedProblem.From(problem, new PicardIteration { Damping = mixing }, MethodCatalogue.Grant(), 1, 2);

        Assert.Equal(picard.Solution.Rows.Select(row => row.Evaluations), anderson.Solution.Rows.Select(row => row.Evaluations));
        Assert.All(picard.Solution.State.Zip(anderson.Solution.State), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
    }

    [Fact]
    public void Mixing_below_one_converges_too()
    {
        SolvedProblem solved = SolvedProblem.From(
            NamedProblems.Find("linear-0.9"), new AndersonAcceleration { Mixing = 0.5 }, MethodCatalogue.Grant(), 1, 2, 3);

        Assert.All(solved.Solution.Rows, row => Assert.InRange(row.Evaluations, 1, 50));
        Assert.All(solved.Solution.Rows, row => Assert.True(row.Converged));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1e-9)]
    [InlineData(1e-3)]
    public void Equal_differences_in_the_history_do_not_blow_Anderson_up(double ridge)
    {
        SolvedProblem solved = SolvedProblem.From(Translation, new AndersonAcceleration { Ridge = ridge }, MethodCatalogue.Grant(1e-4, 50), 1, 2);
        SolvedProblem picard = SolvedProblem.From(Translation, new PicardIteration(), MethodCatalogue.Grant(1e-4, 50), 1, 2);

        Assert.All(solved.Solution.Rows, row => Assert.Equal(StopReason.Evaluations, row.Stop));
        Assert.All(picard.Solution.State.Zip(solved.Solution.State), pair => Assert.Equal(pair.First, pair.Second, 1e-2f * Math.Abs(pair.First)));
    }

    /// <summary>D differences span the space, so the step after D + 1 evaluations is exact but for rounding; one more sees it.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(8)]
    public void Anderson_deeper_than_the_state_is_wide_solves_a_linear_problem_in_two_more_evaluations(int width)
    {
        NamedProblem problem = NamedProblems.LinearOf("small", Spread(width), 0.9);

        SolvedProblem solved = SolvedProblem.From(problem, new AndersonAcceleration { Depth = width + 1 }, MethodCatalogue.Grant(1e-5), 1, 2, 3, 4, 5);

        Assert.All(solved.Solution.Rows, row => Assert.InRange(row.Evaluations, 2, width + 2));
    }

    /// <summary>Gay's theorem: Broyden's method ends after at most 2·D steps on a linear problem in exact arithmetic.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(8)]
    public void Broyden_of_twice_the_width_solves_a_linear_problem_in_two_more_evaluations(int width)
    {
        NamedProblem problem = NamedProblems.LinearOf("small", Spread(width), 0.9);

        SolvedProblem solved = SolvedProblem.From(problem, new BroydenMethod { Rank = 2 * width }, MethodCatalogue.Grant(1e-5), 1, 2, 3, 4, 5);

        Assert.All(solved.Solution.Rows, row => Assert.InRange(row.Evaluations, 2, (2 * width) + 2));
    }

    [Fact]
    public void Values_out_of_range_are_refused_before_any_work()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new PicardIteration { Damping = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new PicardIteration { Damping = 1.1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new AndersonAcceleration { Depth = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new AndersonAcceleration { Depth = 33 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new AndersonAcceleration { Mixing = double.NaN });
        Assert.Throws<ArgumentOutOfRangeException>(() => new AndersonAcceleration { Ridge = -1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new BroydenMethod { Rank = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new BroydenMethod { Rank = 65 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new Tolerance { Relative = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new Tolerance { Relative = double.NaN });
        Assert.Throws<ArgumentOutOfRangeException>(() => new Budget { Evaluations = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new Budget { Time = TimeSpan.Zero });
    }

    [Fact]
    public void A_start_of_the_wrong_size_is_refused_with_both_sizes()
    {
        var space = new HostStateSpace(2, 4);
        var map = new ProblemMap(space, Translation);

        ArgumentException refusal = Assert.Throws<ArgumentException>(
            () => FixedPoint.Solve(space, map, new PicardIteration(), new float[6], new RowGrant()));

        Assert.Contains("6 numbers", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("[2, 4]", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_catalogue_finds_every_method_by_its_own_name_only()
    {
        Assert.All(FixedPointMethods.All, method => Assert.Same(method, FixedPointMethods.Find(method.Name)));
        Assert.Equal(FixedPointMethods.Names.Distinct(), FixedPointMethods.Names);
        Assert.Null(FixedPointMethods.Find("newton"));
    }

    private static SquareMatrix Spread(int width) =>
        SquareMatrix.OfSpectrum(1000 + width, [.. Enumerable.Range(0, width).Select(i => 0.9 - (1.5 * i / width))]);
}
