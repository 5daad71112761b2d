using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;
using Deq.Runtime.Scheduling.Engine;
using Deq.Runtime.Scheduling.Queue;
using Deq.Testing.Bundles;
using Deq.Testing.Models;

namespace Deq.Runtime.Specs.Scheduling.Engine;

public sealed class LaneMemorySpecs
{
    private const long Lane = 100;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private static readonly EngineOptions s_one = new() { Threads = 1, RowsPerThread = 1 };

    [Fact]
    public async Task Is_taken_by_a_lane_and_given_back_at_the_end()
    {
        var memory = new LaneMemory(Lane);
        await using (var engine = new InferenceEngine("m", new LinearModel(1) { LaneBytes = Lane }, s_one with { Memory = memory }))
        {
            await engine.Ask(EngineRequests.Request(1));
            Assert.Equal(Lane, memory.Taken);
        }

        Assert.Equal(0, memory.Taken);
    }

    [Fact]
    public async Task Is_given_back_by_a_lane_that_is_not_used_where_another_needs_it()
    {
        var memory = new LaneMemory(Lane);
        var model = new LinearModel(1) { LaneBytes = Lane };
        await using var engine = new InferenceEngine("m", model, s_one with { Memory = memory });

        await engine.Ask(EngineRequests.Request(1));
        await engine.Ask(EngineRequests.Request(1) with { Method = FixedPointMethods.Find("anderson")! });

        Assert.Equal((Lane, 1), (memory.Taken, model.OpenLanes));
        Assert.Equal(0, memory.Refusals);
    }

    [Fact]
    public async Task Is_given_back_by_a_lane_that_cannot_be_opened()
    {
        var memory = new LaneMemory(Lane);
        await using var engine = new InferenceEngine("m", new UnopenedModel(), s_one with { Memory = memory });

        await Assert.ThrowsAsync<InvalidOperationException>(() => engine.Ask(EngineRequests.Request(1)));

        Assert.Equal((0, 0), (memory.Taken, memory.Refusals));
    }

    [Fact]
    public async Task Refuses_a_lane_that_passes_the_bound_with_both_numbers_and_stays_of_use()
    {
        var memory = new LaneMemory(Lane);
        await using var large = new InferenceEngine("large", new LinearModel(1) { LaneBytes = Lane + 1 }, s_one with { Memory = memory });
        await using var small = new InferenceEngine("small", new LinearModel(1) { LaneBytes = Lane }, s_one with { Memory = memory });

        LaneMemoryException refusal = await Assert.ThrowsAsync<LaneMemoryException>(() => large.Ask(EngineRequests.Request(1)));

        Assert.Equal((Lane + 1, Lane), (refusal.Needed, refusal.Limit));
        Assert.True((await small.Ask(EngineRequests.Request(1))).Solution.Converged);
    }

    [Fact]
    public async Task For_one_lane_has_one_thread_answer_what_several_have_taken_up()
    {
        var memory = new LaneMemory(Lane);
        var model = new LinearModel(1) { LaneBytes = Lane, Evaluating = _ => Thread.Sleep(1) };
        await using var engine = new InferenceEngine("m", model, s_one with { Threads = 2, Memory = memory });

        engine.Submit([.. Enumerable.Range(0, 6).Select(i => EngineRequests.Request(i))], out IReadOnlyList<Task<InferenceAnswer<float[]>>> asked);
        InferenceAnswer<float[]>[] answers = await Task.WhenAll(asked).WaitAsync(s_patience, TestContext.Current.CancellationToken);

        Assert.All(answers, answer => Assert.True(answer.Solution.Converged));
        Assert.Equal((Lane, 1), (memory.Taken, model.OpenLanes));
    }

    [Fact]
    public async Task For_one_lane_never_has_more_rows_in_it_than_it_holds()
    {
        using var isFull = new ManualResetEventSlim();
        using var goesOn = new ManualResetEventSlim();
        var model = new LinearModel(1)
        {
            LaneBytes = Lane,
            Slope = 0.999f,
            Evaluating = rows =>
            {
                if (rows == 4)
                {
                    isFull.Set();
                    goesOn.Wait(s_patience);
                }
            },
        };
        await using var engine = new InferenceEngine("m", model, s_one with { RowsPerThread = 4, Memory = new LaneMemory(Lane) });
        InferenceRequest<float[]> request = EngineRequests.Request(1) with { Tolerance = new Tolerance { Limit = 1e-6 }, Budget = new Budget { Evaluations = 2000 } };
        engine.Submit([.. Enumerable.Repeat(request with { Client = "many" }, 4)], out IReadOnlyList<Task<InferenceAnswer<float[]>>> many);
        Assert.True(isFull.Wait(s_patience, TestContext.Current.CancellationToken));

        engine.Submit([.. Enumerable.Repeat(request with { Client = "few" }, 2)], out IReadOnlyList<Task<InferenceAnswer<float[]>>> few);
        goesOn.Set();

        await Task.WhenAll(many).WaitAsync(s_patience, TestContext.Current.CancellationToken);
        foreach (Task<InferenceAnswer<float[]>> answer in few)
        {
            Exception? fault = await Record.ExceptionAsync(() => answer.WaitAsync(s_patience, TestContext.Current.CancellationToken));
            Assert.True(fault is null or LaneMemoryException, $"{fault}");
        }
    }

    [Fact]
    public async Task Of_a_shape_that_is_not_in_use_is_given_back_soon()
    {
        var memory = new LaneMemory(10 * Lane);
        var model = new LinearModel(1) { LaneBytes = Lane, TakesShapes = true };
        await using var engine = new InferenceEngine("m", model, s_one with { Memory = memory });
        await engine.Ask(EngineRequests.Request(1));

        foreach (int side in (int[])[2, 3, 4])
        {
            await engine.Ask(EngineRequests.Request([.. new float[side * side]]) with { Shape = new ShapeKey(side, side) });
        }

        // The lane of the model's own shape stays open.
        Assert.True(SpinWait.SpinUntil(() => memory.Taken == Lane, TimeSpan.FromSeconds(60)), $"{memory.Taken}");
    }

    [Theory]
    [InlineData(2 * Lane, true)]
    [InlineData((2 * Lane) - 1, false)]
    public async Task Bounds_what_is_opened_to_measure_layouts(long limit, bool measures)
    {
        using var cache = new TemporaryFolder();
        var options = new EngineOptions { Threads = 2, Memory = new LaneMemory(limit), CacheDirectory = cache.Path, MeasureFor = TimeSpan.FromMilliseconds(10) };

        await using var engine = InferenceEngine.Open("m", "hash", _ => new LinearModel(1) { LaneBytes = Lane }, options);

        Assert.Equal(measures, engine.Profile.Measured.Count > 0);
        Assert.Equal(2, engine.Profile.Layout.Threads);
    }

    /// <summary>A model for whose lane the machine has no memory.</summary>
    private sealed class UnopenedModel : IEquilibriumModel
    {
        public int InputLength => 1;

        public int StateWidth => 1;

        public int OutputLength => 1;

        public long BytesOf(int capacity) => Lane;

        public IModelLane OpenLane(int capacity) => throw new InvalidOperationException();
    }
}
