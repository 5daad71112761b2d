using Deq.Runtime.FixedPoints;
using Deq.Testing;

namespace Deq.Runtime.Specs.FixedPoints;

public sealed class FixedPointSpecs
{
    private static readonly int[] Seeds = [.. Enumerable.Range(1, 9)];

    public static TheoryData<string> Names => [.. NamedProblems.Linear.Select(problem => problem.Name)];

    public static MatrixTheoryData<string, string> MethodsOnLinearProblems =>
        new(FixedPointMethods.Names, [.. NamedProblems.Linear.Append(NamedProblems.Rotation).Select(problem => problem.Name)]);

    /// <summary>On a normal matrix ‖g_k‖ ≤ ρᵏ·‖g_0‖, and ‖f(z_k)‖ is at least ‖z*‖/2 once the residual is small.</summary>
    [Theory, MemberData(nameof(Names))]
    public void Picard_takes_no_more_evaluations_than_the_contraction_implies(string name)
    {
        NamedProblem problem = NamedProblems.Find(name);
        double bound = Math.Log(1e-4 / 4) / Math.Log(problem.SpectralRadius!.Value);

        SolvedProblem solved = SolvedProblem.From(problem, new PicardIteration(), MethodCatalogue.Grant(1e-4), Seeds);

        Assert.All(solved.Solution.Rows, row => Assert.InRange(row.Evaluations, 2, (int)bound + 2));
    }

    [Theory]
    [InlineData("anderson", "linear-0.5", 10)]
    [InlineData("anderson", "linear-0.9", 28)]
    [InlineData("anderson", "linear-0.95", 44)]
    [InlineData("anderson", "linear-0.99", 90)]
    [InlineData("broyden", "linear-0.5", 10)]
    [InlineData("broyden", "linear-0.9", 28)]
    [InlineData("broyden", "linear-0.95", 55)]
    [InlineData("broyden", "linear-0.99", 110)]
    public void Anderson_and_Broyden_take_far_fewer_than_Picard(string method, string problem, int most)
    {
        SolvedProblem picard = SolvedProblem.From(NamedProblems.Find(problem), new PicardIteration(), MethodCatalogue.Grant(1e-4), Seeds);

        SolvedProblem solved = SolvedProblem.From(NamedProblems.Find(problem), MethodCatalogue.Method(method), MethodCatalogue.Grant(1e-4), Seeds);

        Assert.All(solved.Solution.Rows, row => Assert.InRange(row.Evaluations, 2, most));
        Assert.All(solved.Solution.Rows.Zip(picard.Solution.Rows), pair => Assert.True(pair.First.Evaluations < pair.Second.Evaluations));
    }

    /// <summary>Powers of ten change roundings, so the scaled problems are not the same bit for bit.</summary>
    [Theory]
    [InlineData(1e-3)]
    [InlineData(1e3)]
    public void Anderson_reaches_one_millionth_at_a_radius_near_one_within_50_evaluations_in_any_unit(double scale)
    {
        NamedProblem problem = NamedProblems.Find("linear-0.95");

        SolvedProblem unscaled = SolvedProblem.From(problem, new AndersonAcceleration(), MethodCatalogue.Grant(1e-6), Seeds);
        SolvedProblem scaled = SolvedProblem.From(
            problem.Scaled(scale) with { Scale = scale }, new AndersonAcceleration(), MethodCatalogue.Grant(1e-6), Seeds);

        Assert.All(unscaled.Solution.Rows, row => Assert.InRange(row.Evaluations, 2, 50));
        Assert.All(
            unscaled.Solution.Rows.Zip(scaled.Solution.Rows),
            pair => Assert.InRange(pair.Second.Evaluations, pair.First.Evaluations - 2, pair.First.Evaluations + 2));
    }

    /// <summary>Accelerated at every step it would take 81.</summary>
    [Fact]
    public void Anderson_with_its_short_history_is_as_fast_on_a_wide_problem()
    {
        const int width = 256;
        NamedProblem problem = NamedProblems.LinearOf(
            "wide", SquareMatrix.OfSpectrum(1002, [.. Enumerable.Range(0, width).Select(i => 0.95 * ((2.0 * i / (width - 1)) - 1))]), 0.95);

        SolvedProblem solved = SolvedProblem.From(problem, new AndersonAcceleration(), MethodCatalogue.Grant(1e-6), Seeds);

        Assert.All(solved.Solution.Rows, row => Assert.InRange(row.Evaluations, 2, 54));
    }

    /// <summary>The first step is a plain one too: there is nothing to accelerate it by.</summary>
    [Fact]
    public void Anderson_takes_two_plain_steps_to_every_accelerated_one_once_thirty_were_accelerated()
    {
        NamedProblem problem = NamedProblems.Find("linear-0.99");
        var isPlain = new List<bool>();
        float[] mapped = [];
        NamedProblem watched = problem with
        {
            Evaluate = (row, z, fz) =>
            {
                isPlain.Add(z.SequenceEqual(mapped));
                problem.Evaluate(row, z, fz);
                mapped = fz.ToArray();
            },
        };

        SolvedProblem.From(watched, new AndersonAcceleration(), MethodCatalogue.Grant(1e-30, 41), 1);

        Assert.Equal(41, isPlain.Count);
        Assert.Equal([2, 32, 33, 35, 36, 38, 39, 41], Enumerable.Range(1, 41).Where(evaluation => isPlain[evaluation - 1]));
    }

    /// <summary>
    /// Two evaluations make a secant, its step is exact but for rounding, and one more evaluation sees it; near −1 the residual grows so much
    /// at first that the history starts over once.
    /// </summary>
    [Theory]
    [InlineData("anderson", 0.7)]
    [InlineData("anderson", 0.995)]
    [InlineData("anderson", -0.995)]
    [InlineData("broyden", 0.7)]
    [InlineData("broyden", 0.995)]
    [InlineData("broyden", -0.995)]
    public void One_number_takes_three_evaluations_or_four_however_slow_the_contraction(string method, double eigenvalue)
    {
        NamedProblem problem = NamedProblems.LinearOf("slow", SquareMatrix.OfSpectrum(1, eigenvalue), 0.995);

        SolvedProblem solved = SolvedProblem.From(problem, MethodCatalogue.Method(method), MethodCatalogue.Grant(1e-4), Seeds);

        Assert.All(solved.Solution.Rows, row => Assert.InRange(row.Evaluations, 3, 4));
    }

    /// <summary>‖f(z) − z*‖ = ‖A·(I − A)⁻¹·g‖ ≤ ρ/(1 − ρ)·‖g‖ on a normal matrix, and ‖g‖ is the residual times ‖f(z)‖.</summary>
    [Theory, MemberData(nameof(MethodsOnLinearProblems))]
    public void Every_method_returns_a_state_as_near_the_dense_solution_as_its_residual_implies(string method, string name)
    {
        NamedProblem problem = NamedProblems.Find(name);
        double amplification = problem.SpectralRadius!.Value / (1 - problem.SpectralRadius.Value);

        SolvedProblem solved = SolvedProblem.From(problem, MethodCatalogue.Method(method), MethodCatalogue.Grant(1e-4), Seeds);

        for (int row = 0; row < Seeds.Length; row++)
        {
            double[] exact = problem.Matrix!.SolveIdentityMinus(solved.Rows[row].Injection);
            double bound = amplification * solved.Solution.Rows[row].Residual * Norm(solved.State(row));
            Assert.InRange(Distance(solved.State(row), exact), 0, (1.01 * bound) + (1e-6 * Norm(solved.State(row))));
        }
    }

    private static double Norm(ReadOnlySpan<float> z) => Distance(z, new double[z.Length]);

    private static double Distance(ReadOnlySpan<float> z, ReadOnlySpan<double> exact)
    {
        double sum = 0;
        for (int i = 0; i < z.Length; i++)
        {
            sum += (z[i] - exact[i]) * (z[i] - exact[i]);
        }

        return Math.Sqrt(sum);
    }
}
