using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;
using Deq.Runtime.Scheduling.Engine;
using Deq.Testing.Bundles;
using Deq.Testing.Models;

namespace Deq.Runtime.Specs.Scheduling.Engine;

public sealed class LaneMemorySpecs
{
    private const long Lane = 100;

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
