using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;
using Deq.Runtime.Scheduling.Queue;
using Deq.Runtime.States;
using Deq.Runtime.Tasks.Flow;
using Deq.Testing.Bundles;

namespace Deq.Runtime.Specs.Tasks.Flow;

public sealed class FlowResidualSpecs
{
    private static readonly ShapeKey Wide = new(32, 64);

    public static TheoryData<string> Methods => [.. FixedPointMethods.Names];

    [Theory, MemberData(nameof(Methods))]
    public async Task Gives_the_same_bits_alone_and_among_others_of_several_sizes(string method)
    {
        await using var engine = new FlowEngine();
        ShapeKey[] shapes = [Wide, new(64, 32), new(16, 16), Wide, new(48, 48), Wide, new(16, 16), new(64, 32)];
        InferenceRequest<float[]>[] requests = [.. shapes.Select((shape, i) => FlowEngine.Request(shape, i, method, Math.Pow(10, -2 - (i % 3))))];

        InferenceAnswer<float[]>[] together = await Task.WhenAll(requests.Select(engine.Ask));

        for (int i = 0; i < requests.Length; i++)
        {
            InferenceAnswer<float[]> alone = await engine.Ask(requests[i]);
            Assert.Equal(2 * shapes[i].Height * shapes[i].Width, alone.Result!.Length);
            Assert.Equal(alone.Solution, together[i].Solution);
            Assert.Equal(alone.Result, together[i].Result);
        }
    }

    [Fact]
    public async Task Never_shares_a_batch_with_rows_of_another_size()
    {
        await using var engine = new FlowEngine();
        ShapeKey[] shapes = [Wide, new(64, 32), Wide, new(16, 16)];

        InferenceAnswer<float[]>[] answers = await Task.WhenAll(shapes.Select((shape, i) => engine.Ask(FlowEngine.Request(shape, i, tolerance: 1e-6))));

        Assert.All(answers, (answer, i) => Assert.InRange(answer.Batch.Largest, 1, shapes.Count(shape => shape == shapes[i])));
    }

    [Theory, MemberData(nameof(Methods))]
    public async Task Started_at_the_fixed_point_stops_at_once_with_the_same_flow(string method)
    {
        await using var engine = new FlowEngine();
        float[] state = new float[engine.StateWidth(Wide)];
        InferenceAnswer<float[]> cold = await engine.Ask(FlowEngine.Request(Wide, 1, method, 1e-5) with { FinalState = state });

        InferenceAnswer<float[]> warm = await engine.Ask(FlowEngine.Request(Wide, 1, method, 1e-4) with { Start = state });

        Assert.Equal((false, true), (cold.IsWarm, warm.IsWarm));
        Assert.True(cold.Solution.Evaluations > 3);
        Assert.Equal((1, StopReason.Tolerance), (warm.Solution.Evaluations, warm.Solution.Stop));
        Assert.All(cold.Result!.Zip(warm.Result!), pair => Assert.Equal(pair.First, pair.Second, 1e-3f));
    }

    [Fact]
    public async Task Goes_on_from_where_a_smaller_budget_ended()
    {
        await using var engine = new FlowEngine();
        float[] state = new float[engine.StateWidth(Wide)];
        InferenceRequest<float[]> request = FlowEngine.Request(Wide, 2, tolerance: 1e-6);
        InferenceAnswer<float[]> whole = await engine.Ask(request with { Budget = new() { Evaluations = 7 } });
        await engine.Ask(request with { Budget = new() { Evaluations = 5 }, FinalState = state });

        InferenceAnswer<float[]> rest = await engine.Ask(request with { Budget = new() { Evaluations = 2 }, Start = state });

        Assert.Equal(2, rest.Solution.Evaluations);
        Assert.Equal(whole.Solution.Residual, rest.Solution.Residual);
        Assert.Equal(whole.Result, rest.Result);
    }

    [Fact]
    public async Task Refuses_states_of_another_length_and_names_both()
    {
        await using var engine = new FlowEngine();

        ArgumentException start = Assert.Throws<ArgumentException>(() => engine.Submit(FlowEngine.Request(Wide, 1) with { Start = new float[7] }));
        ArgumentException final = Assert.Throws<ArgumentException>(() => engine.Submit(FlowEngine.Request(Wide, 1) with { FinalState = new float[7] }));

        Assert.Contains("Start has 7 numbers; the model's state has 768", start.Message, StringComparison.Ordinal);
        Assert.Contains("FinalState has 7 numbers; the model's state has 768", final.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Is_judged_in_pixels_by_the_larger_of_both_parts()
    {
        await using var engine = new FlowEngine();
        const int cells = 8 * 16;
        float[] before = new float[engine.StateWidth(Wide)];
        float[] after = new float[engine.StateWidth(Wide)];
        InferenceRequest<float[]> request = FlowEngine.Request(Wide, 3, tolerance: 1e-7);
        await engine.Ask(request with { Budget = new() { Evaluations = 5 }, FinalState = before });

        InferenceAnswer<float[]> answer = await engine.Ask(request with { Budget = new() { Evaluations = 6 }, FinalState = after });

        int flow = TinyFlowBundle.Hidden * cells;
        double pixels = TinyFlowBundle.Stride * Enumerable.Range(flow, cells).Average(
            i => Math.Sqrt(Math.Pow(after[i] - before[i], 2) + Math.Pow(after[cells + i] - before[cells + i], 2)));
        double change = Math.Sqrt(Enumerable.Range(0, flow).Sum(i => Math.Pow(after[i] - before[i], 2)) / Enumerable.Range(0, flow).Sum(i => Math.Pow(after[i], 2)));
        Assert.Equal(pixels, answer.Solution.Parts!.First, 1e-6);
        Assert.Equal(change, answer.Solution.Parts.Second, 1e-6);
        Assert.Equal(Math.Max(pixels, TinyFlowBundle.PixelsPerChange * change), answer.Solution.Residual, 1e-6);
    }

    [Fact]
    public async Task Is_the_same_on_a_device_of_its_own_memory()
    {
        await using var engine = new FlowEngine();
        OnnxModel model = engine.Bundle.Model.At(Wide);
        using OnnxLane host = model.OpenLane(3);
        using OnnxDeviceLane device = model.OpenDeviceLane(3);

        (RowSolution[] solutions, float[][] flows) = Solve(host, model);
        (RowSolution[] onDevice, float[][] deviceFlows) = Solve(device, model);

        for (int i = 0; i < solutions.Length; i++)
        {
            Assert.Equal(solutions[i].Evaluations, onDevice[i].Evaluations);
            Assert.Equal(solutions[i].Residual, onDevice[i].Residual, 1e-6);
            Assert.Equal(solutions[i].Parts!.First, onDevice[i].Parts!.First, 1e-6);
            Assert.All(flows[i].Zip(deviceFlows[i]), pair => Assert.Equal(pair.First, pair.Second, 1e-4f));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Allocates_nothing_per_evaluation_once_it_has_warmed_up(bool isDevice)
    {
        await using var engine = new FlowEngine(bundle: new() { Rate = 0.999 });
        OnnxModel model = engine.Bundle.Model.At(new ShapeKey(16, 16));
        using IModelLane lane = isDevice ? model.OpenDeviceLane(1) : model.OpenLane(1);
        var batch = new RunningBatch(lane.Space, lane, new PicardIteration(), TimeProvider.System, lane.Residual);

        // The first solves bind memory, also for the states that are kept once they rest at rounding and repeat themselves; states take turns in it.
        for (int solve = 0; solve < 8; solve++)
        {
            Join();
            Step(batch, 200);
            Assert.Equal(0, batch.Rows);
            batch.Release();
        }

        Join();
        Step(batch, 1);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Step(batch, 20);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(1, batch.Rows);
        Assert.Equal(0, allocated);

        void Join()
        {
            batch.Join(RowGrant.Of(1e-12, 1000), out int row);
            lane.Encode(FlowEngine.Frames(new(16, 16), 1), row);
            lane.Start(batch.IterateSlot, row, Enumerable.Repeat(100f, model.StateWidth).ToArray());
        }
    }

    [Fact]
    public async Task Without_a_finite_number_is_reported_and_harms_no_neighbour()
    {
        await using var engine = new FlowEngine(bundle: new() { FailsAboveMean = 0.3 });
        float[] bright = [.. Enumerable.Repeat(0.9f, 6 * 32 * 64)];
        float[] state = [.. Enumerable.Repeat(5f, engine.StateWidth(Wide))];
        InferenceRequest<float[]> good = FlowEngine.Request(Wide, 5);

        Task<InferenceAnswer<float[]>> bad = engine.Ask(good with { Input = numbers => bright.CopyTo(numbers), FinalState = state });
        InferenceAnswer<float[]> beside = await engine.Ask(good);

        Assert.Equal((StopReason.Diverged, false), ((await bad).Solution.Stop, (await bad).Solution.HasFiniteState));
        Assert.Null((await bad).Solution.Parts);
        Assert.All(state, number => Assert.Equal(5, number));
        Assert.True(beside.Solution.Converged);
    }

    [Fact]
    public void Has_a_residual_that_is_not_finite_when_the_flow_is_not()
    {
        var space = new HostStateSpace(1, 6);
        int z = space.Allocate(2);
        var residual = new HostResidual(space, new FlowResidual(Cells: 2, Stride: 4, PixelsPerChange: 1));
        var measured = new RowResidual[1];
        space.Row(z + 1, 0)[5] = float.NaN;

        residual.Measure(z, z + 1, [double.NaN], [double.NaN], measured, 1);

        Assert.False(double.IsFinite(measured[0].Value));
    }

    private static void Step(RunningBatch batch, int times)
    {
        for (int i = 0; i < times; i++)
        {
            batch.Step();
        }
    }

    private static (RowSolution[] Solutions, float[][] Flows) Solve(IModelLane lane, OnnxModel model)
    {
        var batch = new RunningBatch(lane.Space, lane, FixedPointMethods.Find("anderson")!, TimeProvider.System, lane.Residual);
        for (int i = 0; i < 3; i++)
        {
            batch.Join(RowGrant.Of(Math.Pow(10, -2 - i), 100), out int row);
            lane.Encode(FlowEngine.Frames(Wide, i), row);
            lane.Start(batch.IterateSlot, row);
        }

        var solutions = new RowSolution[3];
        float[][] flows = new float[3][];
        FixedPoint.Run(batch, done =>
        {
            solutions[done.Ticket] = done.Solution;
            lane.Decode(done.Slot, done.Row, flows[done.Ticket] = new float[model.OutputLength]);
        });
        return (solutions, flows);
    }
}
