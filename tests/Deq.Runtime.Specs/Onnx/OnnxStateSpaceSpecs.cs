using Deq.Runtime.FixedPoints;
using Deq.Runtime.Onnx;
using Deq.Runtime.Specs.FixedPoints;
using Deq.Runtime.Specs.States;
using Deq.Testing;

namespace Deq.Runtime.Specs.Onnx;

/// <summary>The loop and its methods over states on a device against the same over states in host memory.</summary>
public sealed class OnnxStateSpaceSpecs
{
    private const double Tolerance = 1e-4;

    private static readonly int[] Seeds = [11, 12, 13, 14];

    /// <summary>
    /// All but the explosion, where every iterate has the same residual to seven digits, so that rounding decides which one is best.
    /// </summary>
    private static readonly string[] ProblemNames =
        [.. NamedProblems.All.Where(problem => problem != NamedProblems.Explosion).Select(problem => problem.Name)];

    public static IEnumerable<TheoryDataRow<string, string, string>> MethodsOnProblems =>
        from device in SpaceUnderTest.Devices
        from method in FixedPointMethods.Names
        from problem in ProblemNames
        select new TheoryDataRow<string, string, string>(device, method, problem);

    public static MatrixTheoryData<string, string> Methods => new(SpaceUnderTest.Devices, FixedPointMethods.Names);

    /// <summary>
    /// Sums are rounded in another order there, which moves a long solve more than a short one: a row of more than 60 evaluations (Broyden's
    /// method at spectral radius 0.99, through several restarts) may take a third or three times as many; an H100 took 168 for the processor's 76. Short rows of as
    /// many evaluations end within a tolerance of each other; others within what residuals of that size imply.
    /// </summary>
    [Theory, MemberData(nameof(MethodsOnProblems))]
    public void Take_the_evaluations_and_reach_the_states_of_the_host(string device, string method, string name)
    {
        NamedProblem problem = NamedProblems.Find(name);
        RowGrant grant = MethodCatalogue.Grant(Tolerance);
        SolvedProblem host = SolvedProblem.From(problem, MethodCatalogue.Method(method), grant, Seeds);

        Dictionary<int, (RowSolution Solution, float[] State)> answers =
            DeviceProblem.Solve(device, problem, MethodCatalogue.Method(method), grant, Seeds);

        for (int row = 0; row < Seeds.Length; row++)
        {
            (RowSolution solution, float[] state) = answers[Seeds[row]];
            RowSolution expected = host.Solution.Rows[row];
            Assert.Equal(expected.Stop, solution.Stop);
            bool isLong = expected.Evaluations > 60;
            Assert.InRange(
                solution.Evaluations,
                isLong ? expected.Evaluations / 3 : expected.Evaluations - 1,
                isLong ? expected.Evaluations * 3 : expected.Evaluations + 1);
            if (expected.HasFiniteState)
            {
                bool isTwin = !isLong && solution.Evaluations == expected.Evaluations;
                double bound = isTwin ? 1 : 2 / (1 - (problem.SpectralRadius ?? 0.9));
                Assert.InRange(Distance(host.State(row), state), 0, bound * Tolerance);
            }
        }
    }

    /// <summary>
    /// To the bit on a processor. A GPU shares the sum of a row among threads as the number of rows asks, so there the last bits differ: of
    /// residuals on an H100, 2e-5 of themselves.
    /// </summary>
    [Theory, MemberData(nameof(Methods))]
    public void Give_a_row_the_same_answer_alone_and_among_rows_that_fail_come_and_go(string device, string method)
    {
        NamedProblem problem = FailingForSome();
        int[] seeds = [.. Enumerable.Range(1, 12)];
        using var crowd = new DeviceProblem(device, capacity: 4, problem, MethodCatalogue.Method(method));

        foreach (int seed in seeds)
        {
            while (crowd.Batch.Rows - crowd.Batch.Finished.Count == crowd.Batch.Capacity)
            {
                Step(crowd);
            }

            crowd.Join(seed, GrantOf(seed));
            Step(crowd);
        }

        FixedPoint.Run(crowd.Batch, crowd.Note);

        foreach (int seed in seeds)
        {
            (RowSolution solution, float[] state) = DeviceProblem.Solve(device, problem, MethodCatalogue.Method(method), GrantOf(seed), seed)[seed];
            (RowSolution among, float[] stateAmong) = crowd.Answers[seed];
            if (device == ExecutionOptions.Cpu)
            {
                Assert.Equal(solution, among);
                Assert.Equal(state, stateAmong);
            }
            else
            {
                Assert.Equal((solution.Stop, solution.HasFiniteState), (among.Stop, among.HasFiniteState));
                Assert.InRange(among.Evaluations, solution.Evaluations - 1, solution.Evaluations + 1);
                Assert.InRange(Distance(state, stateAmong), 0, GrantOf(seed).Tolerance.Relative);
            }
        }

        Assert.Contains(seeds, seed => crowd.Answers[seed].Solution.Stop == StopReason.Diverged);
        Assert.Contains(seeds, seed => crowd.Answers[seed].Solution.Stop == StopReason.Tolerance);
    }

    [Theory, MemberData(nameof(Methods))]
    public void Recover_from_one_evaluation_that_is_not_finite(string device, string method)
    {
        NamedProblem problem = NamedProblems.Find("linear-0.9").NotFiniteAt(4, 4);

        Dictionary<int, (RowSolution Solution, float[] State)> answers =
            DeviceProblem.Solve(device, problem, MethodCatalogue.Method(method), MethodCatalogue.Grant(), 1, 2);

        Assert.All(answers.Values, answer => Assert.True(answer.Solution.Converged && answer.State.All(float.IsFinite)));
    }

    [Theory, MemberData(nameof(Methods))]
    public void Never_hand_out_an_exploded_state(string device, string method)
    {
        Dictionary<int, (RowSolution Solution, float[] State)> answers =
            DeviceProblem.Solve(device, NamedProblems.Explosion, MethodCatalogue.Method(method), MethodCatalogue.Grant(), 1, 2, 3);

        Assert.All(answers.Values, answer => Assert.True(answer.Solution.HasFiniteState && answer.State.All(float.IsFinite)));
    }

    [Fact]
    public void Run_on_a_GPU_where_one_is_at_hand()
    {
        Assert.SkipUnless(SpaceUnderTest.Devices.Contains("cuda"), SpaceUnderTest.GpuFault() ?? "");

        Dictionary<int, (RowSolution Solution, float[] State)> answers =
            DeviceProblem.Solve("cuda", NamedProblems.Tanh, new AndersonAcceleration(), MethodCatalogue.Grant(), 1, 2);

        Assert.All(answers.Values, answer => Assert.True(answer.Solution.Converged));
    }

    private static void Step(DeviceProblem crowd)
    {
        crowd.Batch.Step();
        foreach (FinishedRow done in crowd.Batch.Finished)
        {
            crowd.Note(done);
        }
    }

    private static RowGrant GrantOf(int seed) => MethodCatalogue.Grant(Math.Pow(10, -2 - (seed % 3)), 200);

    /// <summary>Rows whose injection begins above 1 give NaN from their fourth evaluation on.</summary>
    private static NamedProblem FailingForSome()
    {
        NamedProblem problem = NamedProblems.Tanh;
        return problem with
        {
            Evaluate = (row, z, fz) =>
            {
                problem.Evaluate(row, z, fz);
                if (row.Injection[0] > 1 && row.Evaluations >= 3)
                {
                    fz[1] = float.NaN;
                }
            },
        };
    }

    private static double Distance(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        double difference = 0;
        double magnitude = 0;
        for (int i = 0; i < expected.Length; i++)
        {
            difference += Math.Pow((double)expected[i] - actual[i], 2);
            magnitude += (double)expected[i] * expected[i];
        }

        return Math.Sqrt(difference) / (Math.Sqrt(magnitude) + 1e-9);
    }
}
