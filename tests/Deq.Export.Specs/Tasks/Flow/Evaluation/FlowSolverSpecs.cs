using Deq.Export.Tasks.Flow.Datasets;
using Deq.Export.Tasks.Flow.Evaluation;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;
using Deq.Runtime.Scheduling.Engine;
using Deq.Runtime.Scheduling.Queue;
using Deq.Runtime.Tasks.Flow;
using Deq.Testing.Bundles;
using TemporaryFolder = Deq.Export.Specs.Fixtures.TemporaryFolder;

namespace Deq.Export.Specs.Tasks.Flow.Evaluation;

public sealed class FlowSolverSpecs : IDisposable
{
    private static readonly IFixedPointMethod Method = FixedPointMethods.Named("anderson");
    private readonly TemporaryFolder _folder = new();
    private readonly ModelBundle _bundle;

    public FlowSolverSpecs() => _bundle = ModelBundle.Open(TinyFlowBundle.Write(_folder.File("tiny-flow")), new ExecutionOptions());

    public void Dispose()
    {
        _bundle.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(32, 48)]
    [InlineData(21, 50)]
    public async Task Answers_what_the_engine_answers(int height, int width)
    {
        FlowPair pair = DrawnPairs.Pair(height: height, width: width);
        using var solver = new FlowSolver(_bundle, Method, threads: 1);
        await using var engine = new InferenceEngine(_bundle.Manifest.Name, _bundle.Model, new() { Threads = 1, RowsPerThread = 1 });
        FrameSizes sizes = _bundle.Manifest.Input.Sizes!;
        var request = new InferenceRequest<FlowField?>
        {
            Input = input => FramePair.Fill(pair.First, pair.Second, _bundle.Manifest.Input, input),
            Output = output => EstimatedFlow.Read(output, width, height, sizes),
            Method = Method,
            Tolerance = new() { Limit = 1e-3 },
            Budget = new() { Evaluations = 6 },
            Shape = sizes.ShapeOf(height, width),
        };

        solver.Encode(pair.First, pair.Second);
        FlowSolve solve = solver.Solve(RowGrant.Of(1e-3, 6), []);
        engine.Submit([request], out IReadOnlyList<Task<InferenceAnswer<FlowField?>>> answers);
        InferenceAnswer<FlowField?> answer = await answers[0];

        Assert.Equal(answer.Solution, solve.Solution);
        Assert.Equal(answer.Result!.U, solver.Decode(solve.State).U);
        Assert.Equal(answer.Result.V, solver.Decode(solve.State).V);
    }

    [Fact]
    public void Starts_where_the_encoder_says()
    {
        FlowPair pair = DrawnPairs.Pair(height: 32, width: 48);
        using ModelBundle ahead = ModelBundle.Open(TinyFlowBundle.Write(_folder.File("ahead"), new() { HasStart = true }), new ExecutionOptions());
        using var solver = new FlowSolver(_bundle, FixedPointMethods.Named("picard"), threads: 1);
        using var other = new FlowSolver(ahead, FixedPointMethods.Named("picard"), threads: 1);

        solver.Encode(pair.First, pair.Second);
        other.Encode(pair.First, pair.Second);
        float[] three = solver.Solve(RowGrant.Of(1e-9, 3), []).State;
        float[] two = other.Solve(RowGrant.Of(1e-9, 2), []).State;

        Assert.Equal(three, two, (one, another) => Math.Abs(one - another) < 1e-5);
    }

    [Fact]
    public void Goes_on_from_a_state_instead_of_from_cold()
    {
        FlowPair pair = DrawnPairs.Pair();
        using var solver = new FlowSolver(_bundle, Method, threads: 1);
        solver.Encode(pair.First, pair.Second);
        FlowSolve cold = solver.Solve(RowGrant.Of(1e-4, 100), []);

        FlowSolve warm = solver.Solve(RowGrant.Of(1e-3, 100), cold.State);

        Assert.True(cold.Solution.Converged);
        Assert.Equal(1, warm.Solution.Evaluations);
        Assert.True(warm.Solution.Converged);
    }

    [Fact]
    public void Shows_every_iterate_and_ends_with_the_last_it_showed()
    {
        FlowPair pair = DrawnPairs.Pair();
        using var solver = new FlowSolver(_bundle, Method, threads: 1);
        solver.Encode(pair.First, pair.Second);
        List<(int Evaluations, double Residual, float[] State)> seen = [];

        FlowSolve solve = solver.Solve(RowGrant.Of(1e-3, 100), [], (evaluations, residual, state) => seen.Add((evaluations, residual, state.ToArray())));

        Assert.Equal(Enumerable.Range(1, solve.Solution.Evaluations), seen.Select(iterate => iterate.Evaluations));
        Assert.Equal(solve.Solution.Residual, seen[^1].Residual);
        Assert.Equal(solve.State, seen[^1].State);
        Assert.Equal(seen.Select(iterate => iterate.Residual).Order().Reverse(), seen.Select(iterate => iterate.Residual));
    }

    [Fact]
    public void Refuses_a_start_of_another_size_and_frames_that_the_model_does_not_take()
    {
        FlowPair pair = DrawnPairs.Pair();
        using var solver = new FlowSolver(_bundle, Method, threads: 1);
        solver.Encode(pair.First, pair.Second);

        Assert.Contains("7 numbers; the model needs 576", Assert.Throws<ArgumentException>(() => solver.Solve(RowGrant.Of(1e-3, 4), new float[7])).Message);
        Assert.Contains("same size", Assert.Throws<ArgumentException>(() => solver.Encode(pair.First, DrawnPairs.Pair(height: 48).Second)).Message);
    }
}
