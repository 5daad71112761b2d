using System.Collections.Concurrent;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;
using Deq.Runtime.Scheduling.Engine;
using Deq.Runtime.Scheduling.Queue;
using Deq.Runtime.Specs.Scheduling.Queue;
using Deq.Testing;
using Deq.Testing.Bundles;
using Deq.Testing.Models;

namespace Deq.Runtime.Specs.Scheduling.Engine;

public sealed class LaneMemorySpecs
{
    private const long Lane = 100;

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

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
        Assert.Equal(0, memory.Waiting);
    }

    [Fact]
    public async Task Is_given_back_by_an_engine_that_sleeps_where_another_needs_it()
    {
        var memory = new LaneMemory(Lane);
        await using var one = new InferenceEngine("one", new LinearModel(1) { LaneBytes = Lane }, s_one with { Memory = memory });
        await using var other = new InferenceEngine("other", new LinearModel(1) { LaneBytes = Lane }, s_one with { Memory = memory });

        Assert.True((await one.Ask(EngineRequests.Request(1))).Solution.Converged);

        // Longer than a thread waits before it sleeps until it is woken.
        await Task.Delay(TimeSpan.FromSeconds(2.5), TestContext.Current.CancellationToken);
        for (int i = 0; i < 3; i++)
        {
            Assert.True((await other.Ask(EngineRequests.Request(i))).Solution.Converged);
            Assert.True((await one.Ask(EngineRequests.Request(i))).Solution.Converged);
        }

        Assert.Equal((Lane, 0), (memory.Taken, memory.Waiting));
    }

    [Fact]
    public async Task Is_taken_once_by_those_who_wait_for_one_size()
    {
        var clock = new ManualClock();
        var memory = new LaneMemory(Lane, clock);
        int opened = 0;
        var model = new LinearModel(1) { LaneBytes = Lane, Slope = 0.9f, Opening = () => Interlocked.Increment(ref opened) };
        await using Holder holder = Holder.Of(memory, Lane);
        await using var engine = new InferenceEngine("m", model, s_one with { RowsPerThread = 4, Memory = memory }, clock);

        Task<InferenceAnswer<float[]>>[] waiting = [.. "abcd".Select(name => engine.Ask(EngineRequests.Request(1) with { Client = $"{name}" }))];
        await Until(memory, waiting: 4);
        holder.Release();

        Assert.All(await Task.WhenAll(waiting), answer => Assert.True(answer.Solution.Converged));
        Assert.Equal((1, 0), (opened, memory.Waiting));
        await holder.Answer;
    }

    [Fact]
    public async Task That_is_waited_for_holds_up_no_other_size_of_the_client()
    {
        var clock = new ManualClock();
        var memory = new LaneMemory(Lane, clock);
        await using var engine = new InferenceEngine("m", new TwoSizes(Lane / 20, Lane), s_one with { Threads = 1, RowsPerThread = 4, Memory = memory }, clock);
        await using Holder holder = Holder.Of(memory, Lane / 2);

        Task<InferenceAnswer<float[]>> large = engine.Ask(EngineRequests.Request(new float[4]) with { Shape = new ShapeKey(2, 2) });
        await Until(memory, waiting: 1);
        InferenceAnswer<float[]> small = await engine.Ask(EngineRequests.Request(1));

        Assert.True(small.Solution.Converged);
        Assert.False(large.IsCompleted);
        holder.Release();
        Assert.True((await large).Solution.Converged);
        await holder.Answer;
    }

    [Fact]
    public async Task That_is_waited_for_is_not_taken_by_lesser_jobs_of_the_client()
    {
        var clock = new ManualClock();
        var memory = new LaneMemory(Lane, clock);
        await using Holder holder = Holder.Of(memory, Lane);
        await using var engine = new InferenceEngine("m", new TwoSizes(4 * Lane / 10, 8 * Lane / 10), s_one with { Threads = 2, Memory = memory }, clock);
        var order = new ConcurrentQueue<string>();

        engine.Submit([.. Enumerable.Range(0, 41).Select(i => Noted(i == 5 ? "large" : "lesser", i == 5 ? 4 : 1))], out IReadOnlyList<Task<InferenceAnswer<float[]>>> asked);
        holder.Release();

        Assert.All(await Task.WhenAll(asked).WaitAsync(s_patience, TestContext.Current.CancellationToken), answer => Assert.True(answer.Solution.Converged));
        Assert.InRange(order.ToList().IndexOf("large"), 0, 20);
        await holder.Answer;

        InferenceRequest<float[]> Noted(string name, int size) => NotedIn(EngineRequests.Request(new float[size]) with { Shape = size == 1 ? default : new ShapeKey(2, 2) }, order, name);
    }

    [Fact]
    public async Task That_small_lanes_leave_none_of_is_kept_from_nobody_else()
    {
        var clock = new ManualClock();
        var memory = new LaneMemory(Lane, clock);
        await using Holder holder = Holder.Of(memory, Lane / 10);
        await using var large = new InferenceEngine("large", new LinearModel(1) { LaneBytes = Lane }, s_one with { Memory = memory }, clock);
        await using var middle = new InferenceEngine("middle", new LinearModel(1) { LaneBytes = Lane / 2 }, s_one with { Memory = memory }, clock);
        Task<InferenceAnswer<float[]>> waiting = large.Ask(EngineRequests.Request(1));
        await Until(memory, waiting: 1);

        for (int i = 0; i < 3; i++)
        {
            Assert.True((await middle.Ask(EngineRequests.Request(1) with { Client = "other" })).Solution.Converged);
        }

        Assert.False(waiting.IsCompleted);
        holder.Release();
        Assert.True((await waiting).Solution.Converged);
        await holder.Answer;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Goes_to_who_waits_before_further_rows_of_those_who_have_it(bool isRetired)
    {
        int opened = 0;
        var clock = new ManualClock();
        var memory = new LaneMemory(Lane, clock);
        using var begun = new ManualResetEventSlim();
        using var goesOn = new ManualResetEventSlim();
        var rows = new ConcurrentBag<int>();
        var model = new LinearModel(1)
        {
            LaneBytes = Lane,
            Opening = () => Interlocked.Increment(ref opened),
            IsRetired = () => isRetired && Volatile.Read(ref opened) == 1,
            Evaluating = count =>
            {
                rows.Add(count);
                begun.Set();
                goesOn.Wait(s_patience);
            },
        };
        await using var one = new InferenceEngine("one", model, s_one with { RowsPerThread = 4, Memory = memory }, clock);
        await using var other = new InferenceEngine("other", new LinearModel(1) { LaneBytes = Lane }, s_one with { Memory = memory }, clock);
        var order = new ConcurrentQueue<string>();
        Task first = one.Ask(Noted("first") with { Client = "many" });
        Assert.True(begun.Wait(s_patience, TestContext.Current.CancellationToken));

        Task waiting = other.Ask(Noted("waiting") with { Client = "few" });
        await Until(memory, waiting: 1);
        Task second = one.Ask(Noted("second") with { Client = "many" });
        goesOn.Set();
        await Task.WhenAll(first, waiting, second);

        Assert.Equal(["first", "waiting", "second"], order);
        Assert.All(rows, count => Assert.Equal(1, count));

        InferenceRequest<float[]> Noted(string name) => NotedIn(EngineRequests.Request(1), order, name);
    }

    [Fact]
    public async Task Is_waited_for_by_a_row_whose_lane_was_lost_where_another_was_faster()
    {
        var clock = new ManualClock();
        var memory = new LaneMemory(Lane, clock);
        var taken = new TaskCompletionSource<Holder>(TaskCreationOptions.RunContinuationsAsynchronously);
        int evaluations = 0;
        bool isLost = false;
        var lossy = new LinearModel(1)
        {
            LaneBytes = Lane,
            Evaluating = _ => _ = ++evaluations == 2 ? throw new InvalidOperationException("lost") : 0,
            Loses = _ => isLost = true,
        };
        var model = new MeasuredModel(lossy, () =>
        {
            if (isLost && !taken.Task.IsCompleted)
            {
                taken.SetResult(Holder.Of(memory, Lane));
            }
        });
        await using var engine = new InferenceEngine("m", model, s_one with { Memory = memory }, clock);

        Task<InferenceAnswer<float[]>> answer = engine.Ask(EngineRequests.Request(1));
        await using Holder holder = await taken.Task.WaitAsync(s_patience, TestContext.Current.CancellationToken);
        await Until(memory, waiting: 1);
        Assert.False(answer.IsCompleted);
        holder.Release();

        Assert.True((await answer).Solution.Converged);
        Assert.True((await holder.Answer).Solution.Converged);
    }

    [Fact]
    public async Task Is_waited_for_by_nobody_who_has_left()
    {
        var memory = new LaneMemory(Lane);
        await using Holder holder = Holder.Of(memory, Lane);
        await using var other = new InferenceEngine("other", new LinearModel(1) { LaneBytes = Lane }, s_one with { Memory = memory }, new ManualClock());
        using var leaving = new CancellationTokenSource();
        Task<InferenceAnswer<float[]>> waiting = other.Ask(EngineRequests.Request(1) with { Cancellation = leaving.Token });
        await Until(memory, waiting: 1);

        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(0, memory.Waiting);
        holder.Release();
        await holder.Answer;
    }

    [Fact]
    public async Task Is_waited_for_no_longer_than_patience()
    {
        var memory = new LaneMemory(Lane);
        var clock = new ManualClock();
        await using Holder holder = Holder.Of(memory, Lane);
        await using var other = new InferenceEngine("other", new LinearModel(1) { LaneBytes = Lane }, s_one with { Memory = memory }, clock);
        Task<InferenceAnswer<float[]>> waiting = other.Ask(EngineRequests.Request(1));
        await Until(memory, waiting: 1);

        clock.Advance(TimeSpan.FromSeconds(10));

        LaneMemoryException refusal = await Assert.ThrowsAsync<LaneMemoryException>(() => waiting);
        Assert.Equal((Lane, Lane), (refusal.Needed, refusal.Limit));
        await Until(memory, waiting: 0);
        holder.Release();
        Assert.True((await holder.Answer).Solution.Converged);
    }

    [Fact]
    public async Task Of_small_lanes_is_not_kept_for_large_ones()
    {
        var memory = new LaneMemory(20 * Lane);
        var clock = new ManualClock();
        await using Holder holder = Holder.Of(memory, 10 * Lane);
        await using var large = new InferenceEngine("large", new LinearModel(1) { LaneBytes = 16 * Lane }, s_one with { Memory = memory }, clock);
        await using var small = new InferenceEngine("small", new LinearModel(1) { LaneBytes = 2 * Lane }, s_one with { Memory = memory }, clock);
        Task<InferenceAnswer<float[]>> waiting = large.Ask(EngineRequests.Request(1));
        await Until(memory, waiting: 1);

        Assert.True((await small.Ask(EngineRequests.Request(1) with { Client = "small" })).Solution.Converged);

        Assert.False(waiting.IsCompleted);
        holder.Release();
        Assert.True((await waiting).Solution.Converged);
        Assert.True((await holder.Answer).Solution.Converged);
    }

    [Fact]
    public async Task Is_shared_by_a_client_of_one_size_with_one_of_many()
    {
        var clock = new ManualClock();
        var memory = new LaneMemory(2 * Lane, clock);
        using var goesOn = new ManualResetEventSlim();
        var model = new LinearModel(1) { LaneBytes = Lane, TakesShapes = true, Evaluating = _ => goesOn.Wait(s_patience) };
        await using var engine = new InferenceEngine("m", model, s_one with { Threads = 2, RowsPerThread = 2, Memory = memory }, clock);
        var order = new ConcurrentQueue<string>();

        engine.Submit([.. Enumerable.Range(0, 60).Select(i => Sized(2 + (i % 5), "many"))], out IReadOnlyList<Task<InferenceAnswer<float[]>>> many);
        engine.Submit([.. ((int[])[9, 1, 9, 8]).Select(side => Sized(side, "few"))], out IReadOnlyList<Task<InferenceAnswer<float[]>>> few);
        goesOn.Set();

        InferenceAnswer<float[]>[] answers = await Task.WhenAll(many.Concat(few)).WaitAsync(s_patience, TestContext.Current.CancellationToken);
        Assert.All(answers, answer => Assert.True(answer.Solution.Converged));
        Assert.Equal(0, memory.Waiting);
        Assert.InRange(order.ToList().LastIndexOf("few"), 3, 40);

        InferenceRequest<float[]> Sized(int side, string client) => NotedIn(EngineRequests.Request(new float[side * side]) with { Shape = new ShapeKey(side, side), Client = client }, order, client);
    }

    [Fact]
    public async Task Is_given_back_by_a_lane_that_cannot_be_opened()
    {
        var memory = new LaneMemory(Lane);
        await using var engine = new InferenceEngine("m", new UnopenedModel(), s_one with { Memory = memory });

        await Assert.ThrowsAsync<InvalidOperationException>(() => engine.Ask(EngineRequests.Request(1)));

        Assert.Equal((0, 0), (memory.Taken, memory.Waiting));
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
            Assert.True(fault is null, $"{fault}");
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

    private static async Task Until(LaneMemory memory, int waiting) =>
        Assert.True(await Task.Run(() => SpinWait.SpinUntil(() => memory.Waiting == waiting, s_patience)), $"{memory.Waiting} wait");

    /// <summary>A request that notes a name when its answer is made.</summary>
    private static InferenceRequest<float[]> NotedIn(InferenceRequest<float[]> request, ConcurrentQueue<string> order, string name) => request with
    {
        Output = numbers =>
        {
            order.Enqueue(name);
            return numbers.ToArray();
        },
    };

    /// <summary>An engine with a lane whose row waits in its first evaluation.</summary>
    private sealed class Holder : IAsyncDisposable
    {
        private readonly Gate _gate = new();
        private readonly InferenceEngine _engine;

        private Holder(LaneMemory memory, long bytes)
        {
            _engine = new InferenceEngine("holder", new LinearModel(1) { LaneBytes = bytes, Evaluating = _ => _gate.Pass() }, s_one with { Memory = memory });
            Answer = _engine.Ask(EngineRequests.Request(1));
        }

        public Task<InferenceAnswer<float[]>> Answer { get; }

        public static Holder Of(LaneMemory memory, long bytes)
        {
            var holder = new Holder(memory, bytes);
            holder._gate.AwaitArrival();
            return holder;
        }

        public void Release() => _gate.Open();

        public async ValueTask DisposeAsync()
        {
            await _engine.DisposeAsync();
            _gate.Dispose();
        }
    }

    /// <summary>A model whose lanes take so many bytes at its default shape, and others at other shapes.</summary>
    private sealed class TwoSizes(long bytes, long others) : IEquilibriumModel
    {
        private readonly LinearModel _model = new(1) { TakesShapes = true };

        public int InputLength => _model.InputLength;

        public int StateWidth => _model.StateWidth;

        public int OutputLength => _model.OutputLength;

        public long BytesOf(int capacity) => bytes;

        public IEquilibriumModel At(ShapeKey shape) => shape == default ? this : new LinearModel(shape.Height * shape.Width) { LaneBytes = others };

        public IModelLane OpenLane(int capacity) => _model.OpenLane(capacity);
    }

    /// <summary>A model that notes when somebody asks what its lanes take.</summary>
    private sealed class MeasuredModel(IEquilibriumModel model, Action measuring) : IEquilibriumModel
    {
        public int InputLength => model.InputLength;

        public int StateWidth => model.StateWidth;

        public int OutputLength => model.OutputLength;

        public long BytesOf(int capacity)
        {
            measuring();
            return model.BytesOf(capacity);
        }

        public IModelLane OpenLane(int capacity) => model.OpenLane(capacity);
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
