using Deq.Export.Specs.Fixtures;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Implicit;
using Deq.Runtime.Onnx;
using Deq.Runtime.Scheduling.Engine;
using Deq.Runtime.Scheduling.Queue;

namespace Deq.Export.Specs.Tasks.Latent;

public sealed class JointLaneSpecs : IDisposable
{
    private static readonly float[] s_start = [1, -1, 1, -1, 1];

    private readonly TemporaryFolder _folder = new();
    private readonly ModelBundle _bundle;
    private readonly LeastSquares _problem = new() { Penalty = 0.1 };

    public JointLaneSpecs() => _bundle = SmallLatentDecoder.Open(_folder);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _bundle.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Ends_where_all_conditions_hold_to_the_tolerance()
    {
        var joint = new OnnxJointModel(_bundle.Model, _problem, new JointSteps { Input = 0.1 });

        (float[] output, RowSolution solution) = Solve(joint, [Target(1)], RowGrant.Of(1e-3, 2000))[0];

        Assert.Equal(StopReason.Tolerance, solution.Stop);
        Assert.InRange(output[^1], 0, 1e-3f);
    }

    [Fact]
    public void Gives_a_row_the_same_answer_alone_and_among_others()
    {
        var joint = new OnnxJointModel(_bundle.Model, _problem);
        float[][] targets = [Target(1), Target(2), Target(3)];
        RowGrant grant = RowGrant.Of(0.05, 40);

        (float[] Output, RowSolution Solution)[] together = Solve(joint, targets, grant);

        for (int i = 0; i < targets.Length; i++)
        {
            (float[] output, RowSolution solution) = Solve(joint, [targets[i]], grant)[0];
            Assert.Equal(solution.Evaluations, together[i].Solution.Evaluations);
            Assert.All(output.Zip(together[i].Output), pair => Assert.Equal(pair.First, pair.Second, tolerance: 1e-4));
        }
    }

    [Theory]
    [InlineData("picard")]
    [InlineData("anderson")]
    public void Evaluates_exactly_as_often_as_it_reports(string method)
    {
        var joint = new OnnxJointModel(_bundle.Model, _problem);
        using OnnxJointLane lane = joint.OpenLane(3);

        (float[] Output, RowSolution Solution)[] solved = Solve(joint, [Target(1), Target(2), Target(3)], RowGrant.Of(0.1, 25), lane, method);

        Assert.Equal(lane.RowEvaluations, solved.Sum(row => row.Solution.Evaluations));
    }

    [Fact]
    public void Keeps_the_input_within_its_bounds()
    {
        var bounds = new InputBounds { Radius = 0.05 };
        var joint = new OnnxJointModel(_bundle.Model, new LeastSquares { Penalty = 0, Bounds = bounds }, new JointSteps { Input = 0.5 });

        float[] output = Solve(joint, [Target(1)], RowGrant.Of(1e-6, 60))[0].Output;

        double length = Math.Sqrt(joint.InputIn(output).ToArray().Sum(value => (double)value * value));
        Assert.InRange(length, 0.049, 0.0500001);
    }

    [Fact]
    public async Task Runs_in_the_engine_as_any_model_does()
    {
        var joint = new OnnxJointModel(_bundle.Model, _problem);
        (float[] expected, RowSolution solution) = Solve(joint, [Target(1)], RowGrant.Of(0.05, 30))[0];
        await using var engine = new InferenceEngine("joint", joint, new EngineOptions());

        engine.Submit(
            [
                new InferenceRequest<float[]>
                {
                    Input = problem => LeastSquares.Write(Target(1), [], s_start, problem),
                    Output = output => output.ToArray(),
                    Method = FixedPointMethods.Named("picard"),
                    Tolerance = new Tolerance { Limit = 0.05 },
                    Budget = new Budget { Evaluations = 30 },
                    Cancellation = Cancellation,
                },
            ],
            out IReadOnlyList<Task<InferenceAnswer<float[]>>> answers);
        InferenceAnswer<float[]> answer = await answers[0];

        Assert.Equal(solution.Evaluations, answer.Solution.Evaluations);
        Assert.All(expected.Zip(answer.Result!), pair => Assert.Equal(pair.First, pair.Second, tolerance: 1e-4));
    }

    [Fact]
    public void Refuses_a_problem_of_another_length()
    {
        using OnnxJointLane lane = new OnnxJointModel(_bundle.Model, _problem).OpenLane(1);

        ArgumentException refusal = Assert.Throws<ArgumentException>(() => lane.Encode(new float[3], 0));

        Assert.Contains("3 numbers; it needs 133", refusal.Message, StringComparison.Ordinal);
    }

    private static float[] Target(int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, 64).Select(_ => random.NextSingle())];
    }

    private static (float[] Output, RowSolution Solution)[] Solve(OnnxJointModel joint, float[][] targets, RowGrant grant)
    {
        using OnnxJointLane lane = joint.OpenLane(targets.Length);
        return Solve(joint, targets, grant, lane, "picard");
    }

    private static (float[] Output, RowSolution Solution)[] Solve(
        OnnxJointModel joint, float[][] targets, RowGrant grant, OnnxJointLane lane, string method)
    {
        var batch = new RunningBatch(lane.Space, lane, FixedPointMethods.Named(method), TimeProvider.System, lane.Residual);
        float[] problem = new float[joint.InputLength];
        foreach (float[] target in targets)
        {
            LeastSquares.Write(target, [], s_start, problem);
            batch.Join(grant, out int row);
            lane.Encode(problem, row);
            lane.Start(batch.IterateSlot, row);
        }

        var solved = new (float[], RowSolution)[targets.Length];
        FixedPoint.Run(batch, done =>
        {
            float[] output = new float[joint.OutputLength];
            lane.Decode(done.Slot, done.Row, output);
            solved[done.Ticket] = (output, done.Solution);
        });
        return solved;
    }
}
