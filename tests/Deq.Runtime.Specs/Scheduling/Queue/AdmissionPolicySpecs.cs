using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;
using Deq.Runtime.Scheduling.Engine;
using Deq.Runtime.Scheduling.Queue;
using Deq.Runtime.Specs.Scheduling.Engine;

namespace Deq.Runtime.Specs.Scheduling.Queue;

/// <summary>Requests that are refused. One answer takes the held engine 1 + 10·10 + 1 = 102 ms.</summary>
public sealed class AdmissionPolicySpecs
{
    private static readonly TimeSpan PerAnswer = Milliseconds(102);

    private static TimeSpan Milliseconds(double count) => TimeSpan.FromMilliseconds(count);

    [Theory]
    [InlineData(5, Admission.DeadlineUnreachable)]
    [InlineData(11, Admission.DeadlineUnreachable)]
    [InlineData(13, Admission.Accepted)]
    public async Task Refuses_a_deadline_in_which_even_an_idle_engine_makes_no_evaluation(int deadline, Admission expected)
    {
        await using var held = new HeldEngine();
        await held.MeasureAsync();

        AdmissionDecision decision = Ask(held, Milliseconds(deadline));

        Assert.Equal(expected, decision.Outcome);
        Assert.Equal(TimeSpan.Zero, decision.RetryAfter);
    }

    [Theory]
    [InlineData(30, true)]
    [InlineData(60, true)]
    [InlineData(500, false)]
    public async Task Takes_a_deadline_that_leaves_time_for_the_quick_input_alone_and_keeps_it(int deadline, bool isQuick)
    {
        await using var held = new HeldEngine();
        InferenceRequest<float[]> slow = held.Of("slow", evaluations: 1) with { Input = Taking(held, 50) };
        for (int i = 0; i < 8; i++)
        {
            await held.Engine.Ask(slow);
        }

        InferenceRequest<float[]> hurried = slow with { QuickInput = Taking(held, 5), Budget = new Budget { Evaluations = 1, Time = Milliseconds(deadline) } };
        AdmissionDecision without = held.Engine.Submit([hurried with { QuickInput = null }], out _);
        InferenceAnswer<float[]>[] answers = [await held.Engine.Ask(hurried), await held.Engine.Ask(hurried), await held.Engine.Ask(hurried)];

        Assert.Equal(deadline < 62 ? Admission.DeadlineUnreachable : Admission.Accepted, without.Outcome);
        Assert.All(answers, answer => Assert.Equal(isQuick, answer.IsQuick));
        Assert.All(answers, answer => Assert.InRange(answer.Elapsed, TimeSpan.Zero, Milliseconds(deadline)));
    }

    [Fact]
    public async Task Takes_a_quick_input_to_be_no_slower_than_the_full_one()
    {
        await using var held = new HeldEngine();
        InferenceRequest<float[]> full = held.Of("full", evaluations: 1) with { Input = Taking(held, 20) };
        InferenceRequest<float[]> quick = full with { QuickInput = Taking(held, 300), Budget = new Budget { Evaluations = 1, Time = Milliseconds(40) } };
        for (int i = 0; i < 12; i++)
        {
            await held.Engine.Ask(full);
            held.Clock.Advance(Milliseconds(300));
            await held.Engine.Ask(quick);
        }

        await held.Engine.Ask(full);
        AdmissionDecision decision = held.Engine.Submit([quick], out _);

        Assert.Equal(Admission.Accepted, decision.Outcome);
    }

    [Fact]
    public async Task Forgets_soon_what_joining_took_while_code_was_compiled()
    {
        await using var held = new HeldEngine();
        for (int i = 0; i < 32; i++)
        {
            await held.Engine.Ask(held.Of("slow", evaluations: 1) with { Input = Taking(held, 200) });
        }

        InferenceRequest<float[]> fast = held.Of("fast", evaluations: 1) with { Input = Taking(held, 5), Budget = new Budget { Evaluations = 1, Time = Milliseconds(60) } };
        Admission refused = held.Engine.Submit([fast], out _).Outcome;
        for (int i = 0; i < 16; i++)
        {
            held.Clock.Advance(Milliseconds(300));
            await held.Engine.Ask(fast);
        }

        Admission taken = held.Engine.Submit([fast], out _).Outcome;

        Assert.Equal((Admission.DeadlineUnreachable, Admission.Accepted), (refused, taken));
    }

    [Theory]
    [InlineData(1, 1, 13, Admission.Accepted)]
    [InlineData(2, 2, 40, Admission.DeadlineUnreachable)]
    [InlineData(2, 2, 49, Admission.Accepted)]
    public async Task Expects_an_input_of_another_shape_to_take_what_it_costs(int height, int width, int deadline, Admission expected)
    {
        await using var held = new HeldEngine();
        await held.MeasureAsync();

        AdmissionDecision decision = held.Engine.Submit(
            [held.Of("shaped", deadline: Milliseconds(deadline)) with { Shape = new ShapeKey(height, width) }], out _);

        Assert.Equal(expected, decision.Outcome);
    }

    [Fact]
    public async Task Refuses_a_deadline_that_what_is_ahead_uses_up_and_says_when_that_will_be_gone()
    {
        await using var held = new HeldEngine();
        await held.MeasureAsync();
        (Gate gate, Task holder) = held.Hold();
        Task[] ahead = [.. Enumerable.Range(0, 20).Select(_ => held.Engine.Ask(held.Of("ahead", priority: Priority.High)))];

        AdmissionDecision refused = Ask(held, Milliseconds(100));
        AdmissionDecision accepted = Ask(held, Milliseconds(100), Priority.High);

        Assert.Equal(Admission.DeadlineUnreachable, refused.Outcome);
        Assert.InRange(refused.RetryAfter, PerAnswer * 0.99, 21 * PerAnswer);
        Assert.Equal(Admission.Accepted, accepted.Outcome);
        gate.Open();
        await Task.WhenAll([holder, .. ahead]);
    }

    [Fact]
    public async Task Says_when_there_will_be_room_in_a_full_queue()
    {
        await using var held = new HeldEngine(new EngineOptions { Threads = 1, RowsPerThread = 1, QueueCapacity = 4 });
        await held.MeasureAsync();
        (Gate gate, Task holder) = held.Hold();
        Task[] waiting = [.. Enumerable.Range(0, 4).Select(_ => held.Engine.Ask(held.Of("waiting")))];

        AdmissionDecision one = Ask(held);
        AdmissionDecision three = held.Engine.Submit([held.Of("a"), held.Of("b"), held.Of("c")], out _);

        Assert.Equal((Admission.QueueFull, Admission.QueueFull), (one.Outcome, three.Outcome));
        Assert.InRange(one.RetryAfter, PerAnswer * 0.95, PerAnswer * 1.05);
        Assert.InRange(three.RetryAfter, 3 * PerAnswer * 0.95, 3 * PerAnswer * 1.05);
        gate.Open();
        await Task.WhenAll([holder, .. waiting]);
    }

    [Fact]
    public async Task Refuses_a_wait_longer_than_the_queue_allows_but_no_submission_for_its_own_length()
    {
        await using var held = new HeldEngine(new EngineOptions { Threads = 1, RowsPerThread = 1, MaxQueueTime = 3.5 * PerAnswer });
        await held.MeasureAsync();
        (Gate gate, Task holder) = held.Hold();

        AdmissionDecision whole = held.Engine.Submit(
            [.. Enumerable.Range(0, 4).Select(_ => held.Of("whole"))], out IReadOnlyList<Task<InferenceAnswer<float[]>>> answers);
        AdmissionDecision further = Ask(held);
        AdmissionDecision urgent = Ask(held, priority: Priority.High);

        Assert.Equal((Admission.Accepted, Admission.QueueFull, Admission.Accepted), (whole.Outcome, further.Outcome, urgent.Outcome));
        Assert.InRange(further.RetryAfter, 1.4 * PerAnswer, 1.6 * PerAnswer);
        gate.Open();
        await Task.WhenAll([holder, .. answers]);
    }

    [Fact]
    public async Task Takes_the_first_of_a_client_that_gets_a_row_beside_those_of_another_however_long_theirs_take()
    {
        await using var held = new HeldEngine(new EngineOptions { Threads = 1, RowsPerThread = 1, MaxQueueTime = 0.5 * PerAnswer });
        await held.MeasureAsync();
        (Gate gate, Task holder) = held.Hold();

        AdmissionDecision own = Ask(held);
        AdmissionDecision other = held.Engine.Submit([held.Of("other") with { Client = "other" }], out IReadOnlyList<Task<InferenceAnswer<float[]>>> answers);
        AdmissionDecision second = held.Engine.Submit([held.Of("other") with { Client = "other" }], out _);

        Assert.Equal((Admission.QueueFull, Admission.Accepted, Admission.QueueFull), (own.Outcome, other.Outcome, second.Outcome));
        gate.Open();
        await Task.WhenAll([holder, .. answers]);
    }

    /// <summary>What waits is worth four answers of the default shape, however many jobs that is.</summary>
    [Theory]
    [InlineData(4, 1, 1)]
    [InlineData(2, 1, 2)]
    [InlineData(1, 2, 2)]
    public async Task Counts_what_is_ahead_by_what_it_costs(int jobs, int height, int width)
    {
        await using var held = new HeldEngine(new EngineOptions { Threads = 1, RowsPerThread = 1, MaxQueueTime = 4.5 * PerAnswer });
        await held.MeasureAsync();
        (Gate gate, Task holder) = held.Hold();
        var shape = new ShapeKey(height, width);
        Task[] ahead = [.. Enumerable.Range(0, jobs).Select(_ => held.Engine.Ask(held.Of("ahead") with { Shape = shape }))];

        AdmissionDecision further = Ask(held);

        Assert.Equal(Admission.QueueFull, further.Outcome);
        Assert.InRange(further.RetryAfter, 0.99 * PerAnswer, 1.01 * PerAnswer);
        gate.Open();
        await Task.WhenAll([holder, .. ahead]);
    }

    [Theory]
    [InlineData(1, 1, Admission.Accepted)]
    [InlineData(3, 1, Admission.QueueFull)]
    public async Task Counts_what_is_being_solved_by_what_it_costs(int height, int width, Admission expected)
    {
        await using var held = new HeldEngine(new EngineOptions { Threads = 1, RowsPerThread = 1, MaxQueueTime = 2 * PerAnswer });
        await held.MeasureAsync();
        (Gate gate, Task holder) = held.Hold(new ShapeKey(height, width));

        AdmissionDecision decision = Ask(held);

        Assert.Equal(expected, decision.Outcome);
        gate.Open();
        await holder;
    }

    /// <summary>Without rows for the urgent, who comes later and is due earlier costs one who waits the time of its whole solve.</summary>
    [Theory]
    [InlineData(1, 1, Admission.Accepted)]
    [InlineData(2, 2, Admission.DeadlineUnreachable)]
    public async Task Refuses_what_would_make_another_miss_its_deadline_by_what_it_costs(int height, int width, Admission expected)
    {
        await using var held = new HeldEngine(new EngineOptions { Threads = 1, RowsPerThread = 1, Batching = BatchingMode.Static });
        await held.MeasureAsync();
        (Gate gate, Task holder) = held.Hold();
        Task waiting = held.Engine.Ask(held.Of("waiting", deadline: 3 * PerAnswer));

        AdmissionDecision decision = held.Engine.Submit(
            [held.Of("costly", priority: Priority.High) with { Shape = new ShapeKey(height, width) }], out _);

        Assert.Equal(expected, decision.Outcome);
        gate.Open();
        await Task.WhenAll(holder, waiting);
    }

    [Fact]
    public async Task Takes_everything_there_is_room_for_while_nothing_is_measured()
    {
        await using var held = new HeldEngine();
        (Gate gate, Task holder) = held.Hold();

        AdmissionDecision[] decisions = [.. Enumerable.Range(0, 10).Select(_ => Ask(held, Milliseconds(1)))];

        Assert.All(decisions, decision => Assert.Equal(Admission.Accepted, decision.Outcome));
        gate.Open();
        await holder;
    }

    [Fact]
    public async Task Does_not_take_the_first_few_answers_for_the_rate()
    {
        await using var held = new HeldEngine(new EngineOptions { Threads = 1, RowsPerThread = 1, MaxQueueTime = PerAnswer });
        await held.MeasureAsync(answers: 7);
        (Gate gate, Task holder) = held.Hold();

        AdmissionDecision[] burst = [.. Enumerable.Range(0, 10).Select(_ => Ask(held))];

        Assert.All(burst, decision => Assert.Equal(Admission.Accepted, decision.Outcome));
        gate.Open();
        await holder;
    }

    [Fact]
    public async Task Tries_again_now_and_then_whether_an_idle_engine_is_as_slow_as_it_was()
    {
        await using var held = new HeldEngine();
        await held.MeasureAsync();
        Assert.Equal(Admission.DeadlineUnreachable, Ask(held, Milliseconds(5)).Outcome);

        held.Clock.Advance(Milliseconds(1_001));

        Assert.Equal(Admission.Accepted, Ask(held, Milliseconds(5)).Outcome);
    }

    [Fact]
    public async Task Shows_what_it_measured()
    {
        await using var held = new HeldEngine();
        await held.MeasureAsync();
        (Gate gate, Task holder) = held.Hold();
        Task waiting = held.Engine.Ask(held.Of("waiting"));

        EngineSnapshot snapshot = held.Engine.Snapshot();

        Assert.Equal((1, 1, 1), (snapshot.Waiting, snapshot.Running, snapshot.Capacity));
        Assert.Equal(1000 / 102.0, snapshot.RowsPerSecond, 0.1);
        Assert.Equal(0.010, snapshot.SecondsPerEvaluation, 1e-9);
        Assert.Equal(1, snapshot.BusyShare, 1e-9);
        gate.Open();
        await Task.WhenAll(holder, waiting);
    }

    private static AdmissionDecision Ask(HeldEngine held, TimeSpan? deadline = null, Priority priority = Priority.Normal) =>
        held.Engine.Submit([held.Of("asked", deadline: deadline, priority: priority)], out _);

    private static WriteInput Taking(HeldEngine held, double ms) => input =>
    {
        held.Clock.Advance(Milliseconds(ms));
        input.Fill(1);
    };
}
