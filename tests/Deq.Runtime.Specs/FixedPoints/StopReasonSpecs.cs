using Deq.Runtime.FixedPoints;
using Deq.Testing;

namespace Deq.Runtime.Specs.FixedPoints;

public sealed class StopReasonSpecs
{
    public static TheoryData<string> Methods => MethodCatalogue.Methods;

    public static MatrixTheoryData<string, int> MethodsAndEvaluations => new(FixedPointMethods.Names, [2, 3, 4, 8]);

    [Theory, MemberData(nameof(MethodsAndEvaluations))]
    public void Recover_once_from_their_best_iterate_and_converge(string method, int evaluation)
    {
        NamedProblem problem = NamedProblems.Find("linear-0.9").NotFiniteAt(evaluation, evaluation);

        SolvedProblem solved = SolvedProblem.From(problem, MethodCatalogue.Method(method), MethodCatalogue.Grant(), 1, 2);

        Assert.All(solved.Solution.Rows, row => Assert.True(row.Converged));
        Assert.Equal(solved.Rows[0].BestState, solved.State(0));
    }

    [Theory, MemberData(nameof(MethodsAndEvaluations))]
    public void Have_diverged_when_their_best_iterate_gives_no_finite_value_either(string method, int evaluation)
    {
        NamedProblem problem = NamedProblems.Find("linear-0.9").NotFiniteAt(evaluation);

        SolvedProblem solved = SolvedProblem.From(problem, MethodCatalogue.Method(method), MethodCatalogue.Grant(), 1);

        RowSolution solution = solved.Solution.Rows[0];
        Assert.Equal((StopReason.Diverged, evaluation + 1, true), (solution.Stop, solution.Evaluations, solution.HasFiniteState));
        Assert.Equal(solved.Rows[0].SmallestResidual, solution.Residual, 1e-5);
        Assert.Equal(solved.Rows[0].BestState, solved.State(0));
    }

    [Theory, MemberData(nameof(Methods))]
    public void Have_diverged_at_the_second_time_even_after_finite_values(string method)
    {
        NamedProblem problem = NamedProblems.Rotation.NotFiniteAt(3, 3).NotFiniteAt(7, 7);

        SolvedProblem solved = SolvedProblem.From(problem, MethodCatalogue.Method(method), MethodCatalogue.Grant(), 1);

        Assert.Equal(StopReason.Diverged, solved.Solution.Rows[0].Stop);
        Assert.Equal(7, solved.Solution.Rows[0].Evaluations);
    }

    [Theory, MemberData(nameof(Methods))]
    public void Have_no_finite_state_when_none_was_ever_seen(string method)
    {
        SolvedProblem solved = SolvedProblem.From(NamedProblems.NeverFinite, MethodCatalogue.Method(method), MethodCatalogue.Grant(), 1);

        Assert.Equal(new RowSolution(StopReason.Diverged, 1, double.PositiveInfinity, HasFiniteState: false), solved.Solution.Rows[0]);
    }

    [Theory, MemberData(nameof(Methods))]
    public void Never_hand_out_an_exploded_state(string method)
    {
        SolvedProblem solved = SolvedProblem.From(NamedProblems.Explosion, MethodCatalogue.Method(method), MethodCatalogue.Grant(), 1, 2, 3);

        Assert.All(solved.Solution.Rows, row => Assert.True(row.HasFiniteState && double.IsFinite(row.Residual)));
        Assert.All(solved.Solution.State, number => Assert.True(float.IsFinite(number)));
    }

    [Fact]
    public void Have_diverged_when_a_norm_overflows_although_the_difference_does_not()
    {
        NamedProblem huge = new("huge", 4, (_, _, fz) => fz.Fill(1.2e19f));
        float[] start = [1.1e19f, 1.1e19f, 1.1e19f, 1.1e19f];

        SolvedProblem solved = SolvedProblem.FromStart(huge, new PicardIteration(), MethodCatalogue.Grant(1e-3, 1), start, 1);

        Assert.Equal(StopReason.Diverged, solved.Solution.Rows[0].Stop);
    }

    [Theory, MemberData(nameof(Methods))]
    public void Change_nothing_for_their_neighbours(string method)
    {
        NamedProblem always = NamedProblems.Find("linear-0.9");
        float[] second = always.Injection(2);
        NamedProblem sometimes = always with
        {
            Evaluate = (row, z, fz) =>
            {
                always.Evaluate(row, z, fz);
                if (row.Injection[0] == second[0])
                {
                    fz.Fill(row.Evaluations % 2 == 0 ? float.NaN : float.PositiveInfinity);
                }
            },
        };

        SolvedProblem together = SolvedProblem.From(sometimes, MethodCatalogue.Method(method), MethodCatalogue.Grant(), 1, 2, 3);

        Assert.Equal(StopReason.Diverged, together.Solution.Rows[1].Stop);
        foreach (int row in new[] { 0, 2 })
        {
            SolvedProblem alone = SolvedProblem.From(sometimes, MethodCatalogue.Method(method), MethodCatalogue.Grant(), row + 1);
            Assert.Equal(alone.Solution.Rows[0], together.Solution.Rows[row]);
            Assert.Equal(alone.State(0), together.State(row));
        }
    }
}
