using Deq.Runtime.Scheduling.Engine;
using Deq.Runtime.Scheduling.Queue;
using Deq.Runtime.Specs.Scheduling.Engine;

namespace Deq.Runtime.Specs.Scheduling.Queue;

public sealed class JobQueueSpecs
{
    private static TimeSpan Milliseconds(int count) => TimeSpan.FromMilliseconds(count);

    [Fact]
    public async Task Are_served_by_the_earliest_deadline()
    {
        await using var held = new HeldEngine();

        IReadOnlyList<string> served = await Serve(
            held,
            held.Of("late", deadline: Milliseconds(9_000)),
            held.Of("none"),
            held.Of("early", deadline: Milliseconds(5_000)),
            held.Of("middle", deadline: Milliseconds(7_000)));

        Assert.Equal(["holder", "early", "middle", "late", "none"], served);
    }

    [Fact]
    public async Task Are_served_in_order_of_arrival_where_nobody_has_a_deadline()
    {
        await using var held = new HeldEngine();

        IReadOnlyList<string> served = await Serve(held, [.. Enumerable.Range(0, 20).Select(i => held.Of($"{i}"))]);

        Assert.Equal(["holder", .. Enumerable.Range(0, 20).Select(i => $"{i}")], served);
    }

    [Fact]
    public async Task Of_high_priority_are_served_before_earlier_deadlines_of_normal()
    {
        await using var held = new HeldEngine();

        IReadOnlyList<string> served = await Serve(
            held,
            held.Of("normal", deadline: Milliseconds(5_000)),
            held.Of("high, none", priority: Priority.High),
            held.Of("high", deadline: Milliseconds(9_000), priority: Priority.High));

        Assert.Equal(["holder", "high", "high, none", "normal"], served);
    }

    [Fact]
    public async Task Get_one_turn_in_four_once_they_waited_longer_than_the_patience()
    {
        await using var held = new HeldEngine(new EngineOptions { Threads = 1, RowsPerThread = 1, NormalPriorityMaxWait = Milliseconds(100) });
        (Gate gate, Task holder) = held.Hold();
        Task[] normal = [.. Enumerable.Range(0, 5).Select(i => held.Engine.Ask(held.Of("normal")))];
        held.Clock.Advance(Milliseconds(101));
        Task[] high = [.. Enumerable.Range(0, 40).Select(i => held.Engine.Ask(held.Of("high", priority: Priority.High)))];

        gate.Open();
        await Task.WhenAll([holder, .. normal, .. high]);

        string[] afterHolder = [.. held.Served.Skip(1)];
        int[] turns = [.. Enumerable.Range(0, afterHolder.Length).Where(turn => afterHolder[turn] == "normal")];
        Assert.True(turns[0] <= 3);
        Assert.All(turns.Zip(turns.Skip(1)), pair => Assert.Equal(4, pair.Second - pair.First));
    }

    [Fact]
    public async Task Are_not_starved_by_a_flood_of_more_urgent_ones()
    {
        await using var held = new HeldEngine();
        int flooded = 0;
        bool isServed = false;
        InferenceRequest<float[]> flood = held.Of("flood", deadline: Milliseconds(2_000), priority: Priority.High);
        held.Evaluating = _ =>
        {
            if (!isServed && held.Engine.Waiting < 5 && flooded < 10_000)
            {
                flooded++;
                held.Engine.Submit([flood], out IReadOnlyList<Task<InferenceAnswer<float[]>>> _);
            }
        };
        (Gate gate, Task holder) = held.Hold();
        Task<InferenceAnswer<float[]>> patient = held.Engine.Ask(held.Of("patient"));
        for (int i = 0; i < 5; i++)
        {
            _ = held.Engine.Ask(flood);
        }

        gate.Open();
        InferenceAnswer<float[]> answer = await patient;
        isServed = true;
        await holder;

        // Patience is 1 s, and then its turn is at most three requests of 102 ms away, behind the one that runs.
        Assert.InRange(answer.Queued, Milliseconds(1_000), Milliseconds(1_000 + (4 * 102)));
    }

    [Fact]
    public async Task Whose_callers_left_are_forgotten_and_cost_no_row()
    {
        var options = new EngineOptions { Threads = 2, RowsPerThread = 4, QueueCapacity = 1000 };
        await using var engine = new InferenceEngine("test", new Deq.Testing.Models.LinearModel(1) { Slope = -1.0003f }, options);
        using var callers = new CancellationTokenSource();
        InferenceRequest<float[]> endless = EngineRequests.Request(1) with { Budget = new() { Evaluations = int.MaxValue } };
        Task<InferenceAnswer<float[]>>[] vanishing =
            [.. Enumerable.Range(0, 500).Select(_ => engine.Ask(endless with { Cancellation = callers.Token }))];

        await callers.CancelAsync();

        foreach (Task<InferenceAnswer<float[]>> answer in vanishing)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer);
        }

        Assert.Equal(0, engine.Waiting);
        Assert.True(SpinWait.SpinUntil(() => engine.Running == 0, TimeSpan.FromSeconds(30)));
        Task[] all = [.. Enumerable.Range(0, 8).Select(_ => engine.Ask(endless))];
        Assert.True(SpinWait.SpinUntil(() => engine.Running == 8, TimeSpan.FromSeconds(30)));
        await engine.DisposeAsync();
        await Task.WhenAll(all);
    }

    [Fact]
    public async Task Join_a_few_at_a_time_so_that_those_who_run_are_not_delayed_by_more_than_an_evaluation()
    {
        await using var held = new HeldEngine(new EngineOptions { Threads = 1, RowsPerThread = 8 }) { EncodingTakes = Milliseconds(4) };
        await held.MeasureAsync();
        var evaluated = new List<int>();
        held.Evaluating = evaluated.Add;

        await Serve(held, [.. Enumerable.Range(0, 7).Select(i => held.Of($"{i}"))]);

        Assert.Equal([2, 4, 6, 8], evaluated[..4]);
    }

    private static async Task<IReadOnlyList<string>> Serve(HeldEngine held, params InferenceRequest<float[]>[] requests)
    {
        (Gate gate, Task holder) = held.Hold();
        Task[] answers = [.. requests.Select(request => held.Engine.Ask(request))];
        gate.Open();
        await Task.WhenAll([holder, .. answers]);
        return held.Served;
    }
}
