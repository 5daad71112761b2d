using Deq.Runtime.FixedPoints;
using Deq.Runtime.States;
using Deq.Testing;

namespace Deq.Runtime.Specs.FixedPoints;

public sealed class BudgetSpecs
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    /// <summary>A perturbation that grows with every evaluation: the best iterate is an early one.</summary>
    private static readonly NamedProblem Deteriorating = NamedProblems.Tanh with
    {
        Name = "deteriorating",
        Evaluate = (row, z, fz) =>
        {
            NamedProblems.Tanh.Evaluate(row, z, fz);
            for (int i = 0; i < fz.Length; i++)
            {
                fz[i] += 0.02f * row.Evaluations * row.Evaluations * row.Injection[(i + row.Evaluations) % fz.Length];
            }
        },
    };

    public static TheoryData<string> Methods => MethodCatalogue.Methods;

    public static MatrixTheoryData<string, int> MethodsAndBudgets => new(FixedPointMethods.Names, [.. Enumerable.Range(1, 24)]);

    [Theory, MemberData(nameof(MethodsAndBudgets))]
    public void Spending_all_evaluations_yields_the_best_iterate_of_all(string method, int evaluations)
    {
        SolvedProblem solved = SolvedProblem.From(Deteriorating, MethodCatalogue.Method(method), MethodCatalogue.Grant(1e-9, evaluations), 1, 2, 3);

        for (int row = 0; row < 3; row++)
        {
            Assert.Equal(StopReason.Evaluations, solved.Solution.Rows[row].Stop);
            Assert.Equal(evaluations, solved.Solution.Rows[row].Evaluations);
            Assert.Equal(solved.Rows[row].SmallestResidual, solved.Solution.Rows[row].Residual, 1e-6);
            Assert.Equal(solved.Rows[row].BestState, solved.State(row));
        }
    }

    [Theory]
    [InlineData(0, 4)]
    [InlineData(2, 2)]
    [InlineData(3, 1)]
    [InlineData(60, 1)]
    public void Time_counts_from_acceptance_and_leaves_at_least_one_evaluation(int waited, int evaluations)
    {
        var clock = new ManualClock();
        long accepted = clock.GetTimestamp();
        clock.Advance(waited * Second);
        var grant = new RowGrant
        {
            AcceptedAt = accepted,
            Budget = new Budget { Time = 3.5 * Second, Evaluations = 100 },
            Tolerance = new Tolerance { Relative = 1e-9 },
        };

        RowSolution solution = SolveSlowly(clock, grant);

        Assert.Equal(StopReason.Deadline, solution.Stop);
        Assert.Equal(evaluations, solution.Evaluations);
    }

    [Fact]
    public void Time_counts_from_joining_when_acceptance_is_not_given()
    {
        var clock = new ManualClock();
        clock.Advance(60 * Second);

        RowSolution solution = SolveSlowly(
            clock,
            new RowGrant { Budget = new Budget { Time = 3 * Second, Evaluations = 100 }, Tolerance = new() { Relative = 1e-9 } });

        Assert.Equal(3, solution.Evaluations);
    }

    [Theory, MemberData(nameof(Methods))]
    public void Cancelling_ends_a_row_after_the_evaluation_under_way(string method)
    {
        using var source = new CancellationTokenSource();
        NamedProblem problem = NamedProblems.Rotation with
        {
            Evaluate = (row, z, fz) =>
            {
                NamedProblems.Rotation.Evaluate(row, z, fz);
                if (row.Evaluations == 4)
                {
                    source.Cancel();
                }
            },
        };

        SolvedProblem solved = SolvedProblem.From(problem, MethodCatalogue.Method(method), MethodCatalogue.Grant() with { Cancellation = source.Token }, 1);

        Assert.Equal(StopReason.Cancelled, solved.Solution.Rows[0].Stop);
        Assert.Equal(5, solved.Solution.Rows[0].Evaluations);
        Assert.Equal(solved.Rows[0].BestState, solved.State(0));
    }

    /// <summary>Every later reason holds as well each time.</summary>
    [Theory]
    [InlineData(StopReason.Tolerance, "zero", true, 1)]
    [InlineData(StopReason.Diverged, "never-finite", true, 1)]
    [InlineData(StopReason.Cancelled, "linear-0.9", true, 1)]
    [InlineData(StopReason.Evaluations, "linear-0.9", false, 1)]
    [InlineData(StopReason.Deadline, "linear-0.9", false, 2)]
    public void Tolerance_comes_before_divergence_cancellation_evaluations_and_deadline(
        StopReason first, string problem, bool cancelled, int evaluations)
    {
        var clock = new ManualClock();
        var grant = new RowGrant
        {
            Budget = new Budget { Evaluations = evaluations, Time = 1 * Second },
            Cancellation = new CancellationToken(cancelled),
        };

        RowSolution solution = SolveSlowly(clock, grant, NamedProblems.Find(problem));

        Assert.Equal(first, solution.Stop);
    }

    /// <summary>Every evaluation takes one second.</summary>
    private static RowSolution SolveSlowly(ManualClock clock, RowGrant grant, NamedProblem? of = null)
    {
        NamedProblem problem = of ?? NamedProblems.Rotation;
        NamedProblem slow = problem with
        {
            Evaluate = (row, z, fz) =>
            {
                problem.Evaluate(row, z, fz);
                clock.Advance(Second);
            },
        };
        var space = new HostStateSpace(1, slow.Width);
        var map = new ProblemMap(space, slow);
        map.Place(0, slow.Injection(1));
        return FixedPoint.Solve(space, map, new PicardIteration(), new float[slow.Width], grant, clock).Rows[0];
    }
}
