using Deq.Runtime.Scheduling.Engine;
using Deq.Runtime.Scheduling.Queue;
using Deq.Runtime.Specs.Scheduling.Engine;

namespace Deq.Runtime.Specs.Scheduling.Queue;

public sealed class ClientTurnsSpecs
{
    private static TimeSpan Milliseconds(int count) => TimeSpan.FromMilliseconds(count);

    [Fact]
    public async Task Alternate_between_clients_however_many_requests_one_has_waiting()
    {
        await using var held = new HeldEngine();
        (Gate gate, Task holder) = held.Hold();
        Task[] many = [.. Enumerable.Range(0, 50).Select(_ => held.Engine.Ask(held.Of("many") with { Client = "many" }))];
        Task[] few = [.. Enumerable.Range(0, 3).Select(_ => held.Engine.Ask(held.Of("few") with { Client = "few" }))];

        gate.Open();
        await Task.WhenAll([holder, .. many, .. few]);

        Assert.Equal(3, held.Served.Skip(1).Take(6).Count(name => name == "few"));
    }

    [Fact]
    public async Task Come_in_proportion_to_the_weights_of_clients()
    {
        await using var held = new HeldEngine();
        await held.MeasureAsync();
        (Gate gate, Task holder) = held.Hold();
        Task[] heavy = [.. Enumerable.Range(0, 30).Select(_ => held.Engine.Ask(held.Of("heavy", 20) with { Client = "heavy", Weight = 3 }))];
        Task[] light = [.. Enumerable.Range(0, 15).Select(_ => held.Engine.Ask(held.Of("light", 20) with { Client = "light" }))];

        gate.Open();
        await Task.WhenAll([holder, .. heavy, .. light]);

        string[] first = [.. held.Served.SkipWhile(name => name is not ("heavy" or "light")).Take(32)];
        Assert.InRange(first.Count(name => name == "heavy"), 21, 27);
    }

    [Fact]
    public async Task Are_as_long_together_for_a_client_of_long_solves_as_for_one_of_short_solves()
    {
        await using var held = new HeldEngine();
        await held.MeasureAsync();
        (Gate gate, Task holder) = held.Hold();
        Task[] solves = [.. Enumerable.Range(0, 20).Select(_ => held.Engine.Ask(held.Of("long", 100) with { Client = "long" }))];
        Task[] shorts = [.. Enumerable.Range(0, 30).Select(_ => held.Engine.Ask(held.Of("short", 5) with { Client = "short" }))];

        gate.Open();
        await Task.WhenAll([holder, .. solves, .. shorts]);

        string[] before = [.. held.Served.Take(held.Served.ToList().FindLastIndex(name => name == "short"))];
        Assert.InRange(before.Count(name => name == "long"), 1, 6);
    }

    [Fact]
    public async Task Come_at_once_for_a_client_without_a_row_while_another_has_all_rows()
    {
        await using var held = new HeldEngine();
        (Gate gate, Task holder) = held.Hold();
        Task endless = held.Engine.Ask(held.Of("endless", 20_000) with { Client = "one" });
        gate.Open();
        await holder;
        Assert.True(SpinWait.SpinUntil(() => held.Served.Contains("endless"), TimeSpan.FromSeconds(30)));
        bool isAsked = false;
        Task<InferenceAnswer<float[]>>? other = null;
        held.Evaluating = _ =>
        {
            if (!isAsked)
            {
                isAsked = true;
                other = held.Engine.Ask(held.Of("other", 1) with { Client = "other" });
            }
        };

        Assert.True(SpinWait.SpinUntil(() => other is not null || endless.IsCompleted, TimeSpan.FromSeconds(30)));

        Assert.NotNull(other);
        Assert.InRange((await other).Queued, TimeSpan.Zero, Milliseconds(25));
        await endless;
    }

    [Fact]
    public async Task Leave_room_in_a_full_queue_for_a_client_that_comes()
    {
        await using var held = new HeldEngine(new EngineOptions { Threads = 1, RowsPerThread = 1, QueueCapacity = 4 });
        (Gate gate, Task holder) = held.Hold();
        InferenceRequest<float[]> one = held.Of("one") with { Client = "one" };
        List<Task> accepted = [holder, .. Enumerable.Range(0, 4).Select(_ => held.Engine.Ask(one))];

        Admission refused = held.Engine.Submit([one], out IReadOnlyList<Task<InferenceAnswer<float[]>>> _).Outcome;
        accepted.Add(held.Engine.Ask(held.Of("other") with { Client = "other" }));

        Assert.Equal(Admission.QueueFull, refused);
        gate.Open();
        await Task.WhenAll(accepted);
    }

    [Fact]
    public async Task Are_not_refused_for_the_deadlines_of_other_clients()
    {
        await using var held = new HeldEngine();
        await held.MeasureAsync();
        (Gate gate, Task holder) = held.Hold();
        InferenceRequest<float[]> timely = held.Of("timely", 10, Milliseconds(250)) with { Client = "one" };
        List<Task> accepted = [holder];
        while (held.Engine.Submit([timely], out IReadOnlyList<Task<InferenceAnswer<float[]>>> answers).Outcome == Admission.Accepted)
        {
            accepted.AddRange(answers);
        }

        accepted.Add(held.Engine.Ask(held.Of("other", 10, Milliseconds(200)) with { Client = "other" }));

        gate.Open();
        await Task.WhenAll(accepted);
    }
}
