using Deq.Runtime.FixedPoints;
using Deq.Runtime.States;
using Deq.Testing;

namespace Deq.Runtime.Specs.FixedPoints;

public sealed class FixedPointMethodSpecs
{
    private static readonly int[] Seeds = [11, 12, 13, 14, 15, 16];

    public static TheoryData<string> Methods => MethodCatalogue.Methods;

    public static MatrixTheoryData<string, string> OnSolvableProblems => MethodCatalogue.MethodsOnSolvableProblems;

    public static MatrixTheoryData<string, string> OnSmoothProblems =>
        new(FixedPointMethods.Names, [.. NamedProblems.Solvable.Where(problem => problem.IsSmooth).Select(problem => problem.Name)]);

    public static MatrixTheoryData<string, double> AtOtherScales => new(FixedPointMethods.Names, [1e-3, 1e3]);

    [Theory, MemberData(nameof(OnSolvableProblems))]
    public void Evaluates_each_row_exactly_as_often_as_it_reports(string method, string problem)
    {
        SolvedProblem solved = SolvedProblem.From(NamedProblems.Find(problem), MethodCatalogue.Method(method), MethodCatalogue.Grant(), Seeds);

        IEnumerable<int> reported = solved.Solution.Rows.Select(row => row.Evaluations);

        Assert.Equal(solved.Rows.Select(row => row.Evaluations), reported);
    }

    [Theory, MemberData(nameof(OnSolvableProblems))]
    public void Converges_and_returns_the_mapped_state_whose_residual_it_reports(string method, string problem)
    {
        SolvedProblem solved = SolvedProblem.From(NamedProblems.Find(problem), MethodCatalogue.Method(method), MethodCatalogue.Grant(1e-4), Seeds);

        for (int row = 0; row < Seeds.Length; row++)
        {
            RowSolution solution = solved.Solution.Rows[row];
            Assert.True(solution.Converged, $"row {row}: {solution}");
            Assert.InRange(solution.Residual, 0, 1e-4);
            Assert.Equal(solved.Rows[row].SmallestResidual, solution.Residual, 1e-4 * 1e-5);
            Assert.Equal(solved.Rows[row].BestState, solved.State(row));
        }
    }

    [Theory, MemberData(nameof(OnSolvableProblems))]
    public void Gives_the_same_answer_alone_and_in_a_batch(string method, string problem)
    {
        SolvedProblem together = SolvedProblem.From(NamedProblems.Find(problem), MethodCatalogue.Method(method), MethodCatalogue.Grant(), Seeds);

        for (int row = 0; row < Seeds.Length; row++)
        {
            SolvedProblem alone = SolvedProblem.From(NamedProblems.Find(problem), MethodCatalogue.Method(method), MethodCatalogue.Grant(), Seeds[row]);
            Assert.Equal(alone.Solution.Rows[0], together.Solution.Rows[row]);
            Assert.Equal(alone.State(0), together.State(row));
        }
    }

    [Theory, MemberData(nameof(AtOtherScales))]
    public void Takes_as_many_evaluations_in_any_unit_of_the_state(string method, double scale)
    {
        NamedProblem problem = NamedProblems.Find("linear-0.9");

        SolvedProblem unscaled = SolvedProblem.From(problem, MethodCatalogue.Method(method), MethodCatalogue.Grant(), Seeds);
        SolvedProblem scaled = SolvedProblem.From(problem.Scaled(scale), MethodCatalogue.Method(method), MethodCatalogue.Grant(), Seeds);

        Assert.Equal(unscaled.Solution.Rows.Select(row => row.Evaluations), scaled.Solution.Rows.Select(row => row.Evaluations));
    }

    [Theory, MemberData(nameof(OnSmoothProblems))]
    public void Needs_one_evaluation_when_the_start_is_a_fixed_point(string method, string name)
    {
        NamedProblem problem = NamedProblems.Find(name);
        SolvedProblem fine = SolvedProblem.From(problem, MethodCatalogue.Method(method), MethodCatalogue.Grant(2e-6, 5000), Seeds);

        SolvedProblem again = SolvedProblem.FromStart(problem, MethodCatalogue.Method(method), MethodCatalogue.Grant(1e-4), fine.Solution.State, Seeds);

        Assert.All(again.Solution.Rows, row => Assert.Equal(1, row.Evaluations));
    }

    [Theory, MemberData(nameof(OnSmoothProblems))]
    public void Takes_no_more_evaluations_from_a_warm_start(string method, string name)
    {
        NamedProblem problem = NamedProblems.Find(name);
        SolvedProblem cold = SolvedProblem.From(problem, MethodCatalogue.Method(method), MethodCatalogue.Grant(1e-4), Seeds);
        var random = new Gaussian(5);
        float[] start = [.. cold.Solution.State.Select(number => (float)(number * (1 + (0.01 * random.Next()))))];

        SolvedProblem warm = SolvedProblem.FromStart(problem, MethodCatalogue.Method(method), MethodCatalogue.Grant(1e-4), start, Seeds);

        Assert.All(warm.Solution.Rows, row => Assert.True(row.Converged));
        Assert.All(warm.Solution.Rows.Zip(cold.Solution.Rows), pair => Assert.True(pair.First.Evaluations <= pair.Second.Evaluations));
    }

    /// <summary>f changes after five evaluations, so all that the history says is wrong; from there on it is a solve of the new f.</summary>
    [Theory, MemberData(nameof(Methods))]
    public void Starts_its_history_over_when_the_residual_has_grown_tenfold(string method)
    {
        (NamedProblem before, NamedProblem after) = (NamedProblems.Find("linear-0.5"), NamedProblems.Find("linear-0.9"));
        float[] atChange = new float[before.Width];
        NamedProblem changing = before with
        {
            Evaluate = (row, z, fz) =>
            {
                (row.Evaluations < 5 ? before : after).Evaluate(row, z, fz);
                if (row.Evaluations == 5)
                {
                    z.CopyTo(atChange);
                }
            },
        };

        SolvedProblem solved = SolvedProblem.From(changing, MethodCatalogue.Method(method), MethodCatalogue.Grant(1e-5), 1);
        SolvedProblem fresh = SolvedProblem.FromStart(after, MethodCatalogue.Method(method), MethodCatalogue.Grant(1e-5), atChange, 1);

        Assert.Equal(fresh.State(0), solved.State(0));
        Assert.Equal(fresh.Solution.Rows[0].Evaluations + 5, solved.Solution.Rows[0].Evaluations);
    }

    [Theory, MemberData(nameof(Methods))]
    public void Allocates_nothing_per_step(string method)
    {
        NamedProblem problem = NamedProblems.Tanh with
        {
            Evaluate = (row, z, fz) =>
            {
                NamedProblems.Tanh.Evaluate(row, z, fz);
                fz[row.Evaluations % fz.Length] += 0.01f * MathF.Sin(row.Evaluations);
            },
        };
        var space = new HostStateSpace(3, problem.Width);
        var map = new ProblemMap(space, problem);
        var batch = new RunningBatch(space, map, MethodCatalogue.Method(method), TimeProvider.System);
        for (int seed = 0; seed < 3; seed++)
        {
            batch.Join(MethodCatalogue.Grant(1e-30, 1_000_000), out int row);
            map.Place(row, problem.Injection(seed));
            for (int step = 0; step < 40; step++)
            {
                batch.Step();
            }
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int step = 0; step < 100; step++)
        {
            batch.Step();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(3, batch.Rows);
    }
}
