using System.Collections.Concurrent;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Scheduling.Engine;
using Deq.Runtime.Scheduling.Queue;
using Deq.Runtime.Specs.Scheduling.Queue;
using Deq.Testing.Models;
using static Deq.Runtime.Specs.Scheduling.Engine.EngineRequests;

namespace Deq.Runtime.Specs.Scheduling.Engine;

public sealed class InferenceEngineSpecs
{
    private static readonly EngineOptions OneThread = new() { Threads = 1, RowsPerThread = 2, QueueCapacity = 3 };

    public static TheoryData<string> Methods => [.. FixedPointMethods.Names];

    [Theory]
    [MemberData(nameof(Methods))]
    public async Task Answers_every_one_of_many_requests_with_its_own_fixed_point(string method)
    {
        var options = new EngineOptions { Threads = 3, RowsPerThread = 4 };
        await using var engine = new InferenceEngine("test", new LinearModel(2) { Slope = 0.8f }, options);
        InferenceRequest<float[]>[] requests =
            [.. Enumerable.Range(1, 200).Select(i => Request(i, -i) with { Method = FixedPointMethods.Find(method)! })];

        InferenceAnswer<float[]>[] answers = await Task.WhenAll(requests.Select(engine.Ask));

        Assert.All(answers, (answer, i) =>
        {
            Assert.True(answer.Solution.Converged);
            Assert.Equal(i + 1, answer.Result![0], (i + 1) * 1e-2f);
            Assert.Equal(-(i + 1), answer.Result![1], (i + 1) * 1e-2f);
        });
    }

    [Fact]
    public async Task Gives_a_request_the_same_answer_alone_and_among_others()
    {
        var model = new LinearModel(3) { Slope = 0.9f };
        await using var alone = new InferenceEngine("alone", model, new EngineOptions { Threads = 1, RowsPerThread = 1 });
        await using var crowded = new InferenceEngine("crowded", model, new EngineOptions { Threads = 1, RowsPerThread = 8 });
        float[][] inputs = [.. Enumerable.Range(0, 24).Select(i => new float[] { i - 7, 0.1f * i, 3 })];

        InferenceAnswer<float[]>[] crowd = await Task.WhenAll(inputs.Select(input => crowded.Ask(Request(input))));

        for (int i = 0; i < inputs.Length; i++)
        {
            InferenceAnswer<float[]> single = await alone.Ask(Request(inputs[i]));
            Assert.Equal(single.Result, crowd[i].Result);
            Assert.Equal(single.Solution, crowd[i].Solution);
        }
    }

    [Fact]
    public async Task Computes_on_its_own_threads_only()
    {
        var threads = new ConcurrentDictionary<string, bool>();
        void Note() => threads[Thread.CurrentThread.Name ?? "unnamed"] = Thread.CurrentThread.IsThreadPoolThread;
        var model = new LinearModel(1) { Encoding = Note, Decoding = Note, Evaluating = _ => Note() };
        await using var engine = new InferenceEngine("tiny", model, new EngineOptions { Threads = 2 });
        InferenceRequest<float[]> request = Request(1) with
        {
            Input = numbers =>
            {
                Note();
                numbers.Clear();
            },
            Output = numbers =>
            {
                Note();
                return numbers.ToArray();
            },
        };

        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => engine.Ask(request)));

        Assert.All(threads, thread => Assert.StartsWith("tiny #", thread.Key));
        Assert.All(threads, thread => Assert.False(thread.Value));
    }

    [Fact]
    public async Task Refuses_what_its_queue_cannot_hold_and_takes_all_of_a_request_or_nothing()
    {
        using var gate = new Gate();
        await using var engine = new InferenceEngine("test", new LinearModel(1) { Encoding = gate.Pass }, OneThread);
        Task<InferenceAnswer<float[]>> first = engine.Ask(Request(1));
        gate.AwaitArrival();
        Task<InferenceAnswer<float[]>>[] queued = [engine.Ask(Request(2)), engine.Ask(Request(3))];

        Admission two = engine.Submit([Request(4), Request(5)], out IReadOnlyList<Task<InferenceAnswer<float[]>>> none).Outcome;
        Task<InferenceAnswer<float[]>> last = engine.Ask(Request(6));
        Admission one = engine.Submit([Request(7)], out _).Outcome;

        Assert.Equal((Admission.QueueFull, Admission.QueueFull), (two, one));
        Assert.Empty(none);
        Assert.Equal(3, engine.Waiting);
        gate.Open();
        Assert.All(await Task.WhenAll([first, .. queued, last]), answer => Assert.True(answer.Solution.Converged));
    }

    [Fact]
    public async Task Lets_a_waiting_request_go_at_once_when_its_caller_leaves()
    {
        using var gate = new Gate();
        using var caller = new CancellationTokenSource();
        await using var engine = new InferenceEngine("test", new LinearModel(1) { Encoding = gate.Pass }, OneThread);
        Task<InferenceAnswer<float[]>> first = engine.Ask(Request(1));
        gate.AwaitArrival();
        Task<InferenceAnswer<float[]>> waiting = engine.Ask(Request(2) with { Cancellation = caller.Token });

        await caller.CancelAsync();

        Assert.Equal(0, engine.Waiting);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        gate.Open();
        await first;
    }

    [Fact]
    public async Task Frees_the_row_of_a_caller_who_leaves_while_it_is_solved()
    {
        using var caller = new CancellationTokenSource();
        int evaluations = 0;
        var model = new LinearModel(1)
        {
            Slope = -1.0003f,
            Evaluating = _ =>
            {
                if (++evaluations == 5)
                {
                    caller.Cancel();
                }
            },
        };
        await using var engine = new InferenceEngine("test", model, OneThread);

        Task<InferenceAnswer<float[]>> endless = engine.Ask(
            Request(1) with { Budget = new Budget { Evaluations = int.MaxValue }, Cancellation = caller.Token });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => endless);
        await engine.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal(5, evaluations);
        Assert.Equal(0, engine.Running);
    }

    [Fact]
    public async Task Makes_one_evaluation_for_a_request_whose_time_ran_out_in_the_queue()
    {
        using var gate = new Gate();
        await using var engine = new InferenceEngine("test", new LinearModel(1) { Encoding = gate.Pass }, OneThread);
        Task<InferenceAnswer<float[]>> first = engine.Ask(Request(1));
        gate.AwaitArrival();

        Task<InferenceAnswer<float[]>> late = engine.Ask(Request(2) with { Budget = new Budget { Evaluations = 100, Time = TimeSpan.FromTicks(1) } });
        gate.Open();

        RowSolution solution = (await late).Solution;
        Assert.Equal((StopReason.Deadline, 1), (solution.Stop, solution.Evaluations));
        Assert.Equal(1f, Assert.Single((await late).Result!));
        Assert.True((await first).Solution.Converged);
    }

    [Fact]
    public async Task Fails_only_the_request_whose_input_cannot_be_read()
    {
        await using var engine = new InferenceEngine("test", new LinearModel(1), OneThread);
        InferenceRequest<float[]> bad = Request(1) with { Input = _ => throw new FormatException("not an image") };

        Task<InferenceAnswer<float[]>> failed = engine.Ask(bad);
        InferenceAnswer<float[]> answer = await engine.Ask(Request(2));

        Assert.Equal("not an image", (await Assert.ThrowsAsync<FormatException>(() => failed)).Message);
        Assert.True(answer.Solution.Converged);
        await engine.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, engine.Running);
    }

    [Fact]
    public async Task Goes_on_with_a_fresh_lane_after_the_model_throws()
    {
        bool isBroken = true;
        var model = new LinearModel(1) { Evaluating = _ => _ = isBroken ? throw new InvalidOperationException("broken") : 0 };
        await using var engine = new InferenceEngine("test", model, OneThread);

        await Assert.ThrowsAsync<InvalidOperationException>(() => engine.Ask(Request(1)));
        isBroken = false;
        InferenceAnswer<float[]> answer = await engine.Ask(Request(2));

        Assert.True(answer.Solution.Converged);
        Assert.Equal(1, model.OpenLanes);
    }

    [Fact]
    public async Task Has_no_result_when_no_iterate_was_finite()
    {
        await using var engine = new InferenceEngine("test", new LinearModel(1) { Slope = float.NaN }, OneThread);

        InferenceAnswer<float[]> answer = await engine.Ask(Request(1));

        Assert.Null(answer.Result);
        Assert.Equal(StopReason.Diverged, answer.Solution.Stop);
    }

    [Fact]
    public async Task Never_evaluates_more_rows_together_than_a_thread_may_hold()
    {
        int most = 0;
        var model = new LinearModel(1) { Slope = 0.9f, Evaluating = rows => most = Math.Max(most, rows) };
        await using var engine = new InferenceEngine("test", model, OneThread with { QueueCapacity = 100 });

        await Task.WhenAll(Enumerable.Range(1, 100).Select(i => engine.Ask(Request(i))));

        Assert.Equal(OneThread.RowsPerThread, most);
    }

    [Fact]
    public async Task Refuses_a_method_outside_the_catalogue()
    {
        await using var engine = new InferenceEngine("test", new LinearModel(1), OneThread);

        ArgumentException refusal = Assert.Throws<ArgumentException>(
            () => engine.Submit([Request(1) with { Method = new Unlisted() }], out _));

        Assert.Contains("catalogue", refusal.Message);
    }

    /// <summary>A method with a name of the catalogue that is not the catalogue's.</summary>
    private sealed class Unlisted : IFixedPointMethod
    {
        public string Name => "picard";

        public int Depth => 1;

        public DifferenceUse Differences => DifferenceUse.None;

        public IUpdateRule Begin(IStateSpace space, IterationHistory history) => new PicardIteration().Begin(space, history);
    }
}
