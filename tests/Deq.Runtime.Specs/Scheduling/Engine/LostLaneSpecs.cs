using Deq.Runtime.FixedPoints;
using Deq.Runtime.Scheduling.Engine;
using Deq.Runtime.Scheduling.Queue;
using Deq.Runtime.Scheduling.Starts;
using Deq.Testing;
using Deq.Testing.Models;
using static Deq.Runtime.Specs.Scheduling.Engine.EngineRequests;

namespace Deq.Runtime.Specs.Scheduling.Engine;

/// <summary>Rows whose lane is lost are solved anew by another one.</summary>
public sealed class LostLaneSpecs
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private static readonly EngineOptions s_oneThread = new() { Threads = 1, RowsPerThread = 4 };

    private int _calls;
    private int _opened;

    /// <summary>The call, from 1, of encoder, cell and decoder together that fails first, and how many fail one after the other.</summary>
    private (int First, int Count) _faults = (int.MaxValue, 0);

    public static TheoryData<int> Calls => [.. Enumerable.Range(1, 24)];

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task Whichever_call_fails_every_request_gets_the_answer_of_an_undisturbed_one(int call)
    {
        _faults = (call, 1);
        LinearModel model = Model();
        await using var engine = new InferenceEngine("test", model, s_oneThread);
        float[][] inputs = [[1], [2], [3], [4], [5], [6]];

        InferenceAnswer<float[]>[] answers = await Task.WhenAll(inputs.Select(input => engine.Ask(Request(input) with { KeepsResiduals = true })));

        Assert.True(_calls >= call);
        Assert.Equal(2, _opened);
        await using var sound = new InferenceEngine("sound", new LinearModel(1), s_oneThread);
        foreach ((float[] input, InferenceAnswer<float[]> answer) in inputs.Zip(answers))
        {
            InferenceAnswer<float[]> undisturbed = await sound.Ask(Request(input));
            Assert.Equal(undisturbed.Result, answer.Result);
            Assert.Equal(undisturbed.Solution, answer.Solution);
            Assert.Equal(answer.Solution.Evaluations, answer.Residuals.Count);
        }
    }

    [Fact]
    public async Task Closes_the_lane_that_is_lost()
    {
        _faults = (5, 1);
        LinearModel model = Model();
        await using (var engine = new InferenceEngine("test", model, s_oneThread))
        {
            await engine.Ask(Request(1));

            Assert.Equal((2, 1), (_opened, model.OpenLanes));
        }

        Assert.Equal(0, model.OpenLanes);
    }

    [Fact]
    public async Task Shows_the_iterates_of_the_solve_that_answers_from_the_first()
    {
        _faults = (8, 1);
        var reported = new List<int>();
        await using var engine = new InferenceEngine("test", Model(), s_oneThread);

        InferenceAnswer<float[]> answer = await engine.Ask(Request(1) with { Progress = iterate => reported.Add(iterate.Evaluations) });

        int last = answer.Solution.Evaluations;
        Assert.Equal(Enumerable.Range(1, last), reported.Skip(reported.Count - last));
        Assert.True(reported.Count > last);
    }

    [Fact]
    public async Task Plans_its_starts_again()
    {
        int planned = 0;
        _faults = (4, 1);
        await using var engine = new InferenceEngine("test", Model(), s_oneThread);
        InferenceRequest<float[]> request = Request(1) with
        {
            PlanStart = () =>
            {
                planned++;
                return new StartPlan { Candidates = [new float[] { 9 }, new float[] { 1 }] };
            },
        };

        InferenceAnswer<float[]> answer = await engine.Ask(request);

        Assert.Equal(2, planned);
        Assert.True(answer.Solution.Converged);
        Assert.NotNull(answer.Start);
        Assert.Equal(1, answer.Start.Candidate);
    }

    [Fact]
    public async Task Opens_another_lane_where_one_is_lost_before_it_has_a_row()
    {
        int allocated = 0;
        LinearModel model = new(1)
        {
            Loses = fault => fault is DeviceLostException,
            Opening = () => _opened++,
            Allocating = () =>
            {
                if (++allocated <= 2)
                {
                    throw new DeviceLostException();
                }
            },
        };
        await using var engine = new InferenceEngine("test", model, s_oneThread);

        Assert.True((await engine.Ask(Request(1))).Solution.Converged);
        Assert.Equal((3, 1), (_opened, model.OpenLanes));
    }

    [Fact]
    public async Task Fails_in_the_end_where_every_lane_is_lost_and_serves_the_next_one()
    {
        _faults = (1, 4);
        await using var engine = new InferenceEngine("test", Model(), s_oneThread);

        await Assert.ThrowsAsync<DeviceLostException>(() => engine.Ask(Request(1)));

        Assert.Equal(4, _calls);
        Assert.True((await engine.Ask(Request(1))).Solution.Converged);
    }

    [Fact]
    public async Task Fails_by_what_is_not_the_lanes_fault_at_once()
    {
        await using var engine = new InferenceEngine("test", Model(), s_oneThread);

        await Assert.ThrowsAsync<InvalidDataException>(() => engine.Ask(Request(1) with { Input = _ => throw new InvalidDataException("Not an image.") }));

        Assert.Equal(1, _opened);
    }

    [Fact]
    public async Task Answers_what_was_taken_back_before_it_stops()
    {
        using var gate = new ManualResetEventSlim();
        _faults = (3, 1);
        LinearModel model = Model(() => gate.Wait(TimeSpan.FromSeconds(30)));
        var engine = new InferenceEngine("test", model, s_oneThread);
        Task<InferenceAnswer<float[]>> answer = engine.Ask(Request(1));
        Task stopped = engine.StopAsync(TestContext.Current.CancellationToken);

        gate.Set();

        Assert.True((await answer).Solution.Converged);
        await stopped;
        Assert.Equal(0, model.OpenLanes);
    }

    [Fact]
    public async Task Has_those_that_come_join_another_lane_once_theirs_is_retired_and_the_others_end_on_it()
    {
        int retired = 0;
        using var joined = new ManualResetEventSlim();
        var model = new LinearModel(1)
        {
            Slope = 0.99f,
            Opening = () => Interlocked.Increment(ref _opened),
            IsRetired = () => Volatile.Read(ref retired) == 1 && _opened == 1,
            Evaluating = _ => joined.Wait(TimeSpan.FromSeconds(30)),
        };
        await using var engine = new InferenceEngine("test", model, s_oneThread);
        Task<InferenceAnswer<float[]>> first = engine.Ask(Request(1) with { Budget = new Budget { Evaluations = 50 } });
        Volatile.Write(ref retired, 1);
        Task<InferenceAnswer<float[]>> second = engine.Ask(Request(2) with { Budget = new Budget { Evaluations = 50 } });
        joined.Set();

        Assert.Equal(50, (await first).Solution.Evaluations);
        Assert.Equal(50, (await second).Solution.Evaluations);
        Assert.Equal((1, 1), ((await first).Batch.Largest, (await second).Batch.Largest));
        Assert.Equal(2, _opened);
    }

    [Fact]
    public async Task Joins_a_lane_that_is_retired_for_three_seconds_at_most_where_there_is_no_memory_for_another()
    {
        var clock = new ManualClock();
        Task<InferenceAnswer<float[]>>? soon = null;
        Task<InferenceAnswer<float[]>>? late = null;
        InferenceEngine? asked = null;
        var model = new LinearModel(1)
        {
            Slope = 0.99f,
            LaneBytes = 100,
            Opening = () => _opened++,
            IsRetired = () => _calls > 0 && _opened == 1,
            Evaluating = _ =>
            {
                _calls++;
                soon = _calls == 1 ? asked!.Ask(Request(2) with { Budget = new Budget { Evaluations = 2 } }) : soon;
                clock.Advance(_calls == 4 ? TimeSpan.FromSeconds(4) : TimeSpan.Zero);
                late = _calls == 5 ? asked!.Ask(Request(3) with { Budget = new Budget { Evaluations = 3 } }) : late;
            },
        };
        await using var engine = new InferenceEngine("test", model, s_oneThread with { Memory = new LaneMemory(100, clock), MaxQueueTime = TimeSpan.FromHours(1) }, clock);
        asked = engine;

        InferenceAnswer<float[]> first = await engine.Ask(Request(1) with { Budget = new Budget { Evaluations = 10 } });

        Assert.Equal((10, 2), (first.Solution.Evaluations, first.Batch.Largest));
        Assert.Equal((2, 2), ((await soon!).Solution.Evaluations, (await soon!).Batch.Largest));
        Assert.Equal((3, 1), ((await late!).Solution.Evaluations, (await late!).Batch.Largest));
        Assert.Equal(2, _opened);
    }

    [Fact]
    public async Task Waits_longer_than_patience_for_the_memory_of_its_own_lane_that_another_thread_ends()
    {
        var clock = new ManualClock();
        var memory = new LaneMemory(100, clock);
        Task<InferenceAnswer<float[]>>? late = null;
        bool isRefused = false;
        InferenceEngine? asked = null;
        var model = new LinearModel(1)
        {
            Slope = 0.99f,
            LaneBytes = 100,
            Opening = () => Interlocked.Increment(ref _opened),
            IsRetired = () => _calls > 0 && _opened == 1,
            Evaluating = _ =>
            {
                _calls++;
                clock.Advance(_calls == 4 ? TimeSpan.FromSeconds(4) : TimeSpan.Zero);
                if (_calls == 6)
                {
                    late = asked!.Ask(Request(2) with { Budget = new Budget { Evaluations = 2 } });
                    SpinWait.SpinUntil(() => memory.Waiting == 1, s_patience);
                    clock.Advance(TimeSpan.FromSeconds(11));

                    // The other thread looks every 50 ms.
                    isRefused = SpinWait.SpinUntil(() => late.IsCompleted, TimeSpan.FromMilliseconds(400));
                }
            },
        };
        var options = new EngineOptions { Threads = 2, RowsPerThread = 1, Memory = memory, MaxQueueTime = TimeSpan.FromHours(1) };
        await using var engine = new InferenceEngine("test", model, options, clock);
        asked = engine;

        await engine.Ask(Request(1) with { Budget = new Budget { Evaluations = 10 } });

        Assert.False(isRefused, $"{late!.Exception}");
        Assert.Equal(2, (await late!.WaitAsync(s_patience, TestContext.Current.CancellationToken)).Solution.Evaluations);
        Assert.Equal(2, _opened);
    }

    private LinearModel Model(Action? opening = null) => new(1)
    {
        Encoding = Call,
        Evaluating = _ => Call(),
        Decoding = Call,
        Loses = fault => fault is DeviceLostException,
        Opening = () =>
        {
            _opened++;
            opening?.Invoke();
        },
    };

    private void Call()
    {
        _calls++;
        if (_calls >= _faults.First && _calls < _faults.First + _faults.Count)
        {
            throw new DeviceLostException();
        }
    }

    private sealed class DeviceLostException() : Exception("The device is lost.");
}
