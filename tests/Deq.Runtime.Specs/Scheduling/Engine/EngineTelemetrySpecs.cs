using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Scheduling.Engine;
using Deq.Runtime.Scheduling.Queue;
using Deq.Runtime.Specs.Scheduling.Queue;
using Deq.Testing;
using Deq.Testing.Models;
using static Deq.Runtime.Specs.Scheduling.Engine.EngineRequests;

namespace Deq.Runtime.Specs.Scheduling.Engine;

/// <summary>What an engine reports: meters, spans, and nothing that costs memory per evaluation.</summary>
public sealed class EngineTelemetrySpecs
{
    [Fact]
    public async Task Say_of_every_answer_what_it_took_and_why_it_stopped()
    {
        using var metrics = new EngineMetrics();
        using var meter = new Listener("measured");
        var clock = new ManualClock();
        var model = new LinearModel(1) { Evaluating = _ => clock.Advance(TimeSpan.FromMilliseconds(10)) };
        await using var engine = new InferenceEngine("measured", model, new EngineOptions { Threads = 1 }, clock, metrics);

        InferenceAnswer<float[]> converged = await engine.Ask(Request(1));
        await engine.Ask(Request(1) with { Budget = new Budget { Evaluations = 2 }, Method = FixedPointMethods.Named("anderson") });

        Assert.Equal([converged.Solution.Evaluations, 2], meter.Of("deq.evaluations", "solver").Select(each => each.Value));
        Assert.Equal(converged.Solution.Residual, meter.Of("deq.residual", "solver")[0].Value);
        Assert.Equal(converged.Solution.Evaluations * 0.010, meter.Of("deq.solve.duration", "solver")[0].Value, 1e-9);
        Assert.Equal(2, meter.Of("deq.queue.duration", "solver").Count);
        Assert.Equal([1, 1], meter.Of("deq.batch.occupancy", "solver").Select(each => each.Value));
        Assert.Equal(["picard", "anderson"], meter.Of("deq.evaluations", "solver").Select(each => each.Tag));
        Assert.Equal(["tolerance", "evaluations"], meter.Of("deq.answers", "stop").Select(each => each.Tag));
        Assert.Equal([false, false], meter.Of("deq.answers", "warm").Select(each => each.Tag));
    }

    [Fact]
    public async Task Count_refusals_by_reason()
    {
        using var gate = new Gate();
        using var metrics = new EngineMetrics();
        using var meter = new Listener("refusing");
        var options = new EngineOptions { Threads = 1, RowsPerThread = 1, QueueCapacity = 1 };
        var engine = new InferenceEngine("refusing", new LinearModel(1) { Encoding = gate.Pass }, options, metrics: metrics);
        Task first = engine.Ask(Request(1));
        gate.AwaitArrival();

        engine.Submit([Request(1), Request(2)], out _);
        gate.Open();
        await first;
        await engine.StopAsync(TestContext.Current.CancellationToken);
        engine.Submit([Request(1)], out _);

        Assert.Equal([(2, "queue-full"), (1, "stopping")], meter.Of("deq.refusals", "reason").Select(each => (each.Value, (string)each.Tag!)));
    }

    [Fact]
    public async Task Have_one_span_per_phase_below_what_was_current_at_submission()
    {
        using var spans = new Spans("traced");
        using var source = new ActivitySource("caller");
        var clock = new ManualClock();
        var model = new LinearModel(1)
        {
            Encoding = () => clock.Advance(TimeSpan.FromMilliseconds(2)),
            Evaluating = _ => clock.Advance(TimeSpan.FromMilliseconds(10)),
            Decoding = () => clock.Advance(TimeSpan.FromMilliseconds(1)),
        };
        await using var engine = new InferenceEngine("traced", model, new EngineOptions { Threads = 1 }, clock);
        using Activity caller = source.StartActivity("call")!;

        InferenceAnswer<float[]> answer = await engine.Ask(Request(1));

        Assert.Same(caller, Activity.Current);
        Assert.Equal(["queue", "encode", "solve", "decode"], spans.All.Select(span => span.OperationName));
        Assert.All(spans.All, span => Assert.Equal(caller.SpanId, span.ParentSpanId));
        Assert.All(spans.All, span => Assert.Equal("picard", span.GetTagItem("solver")));
        Assert.Equal([2, 10 * answer.Solution.Evaluations, 1], spans.All.Skip(1).Select(span => Math.Round(span.Duration.TotalMilliseconds)));
    }

    [Fact]
    public async Task End_the_spans_of_a_request_that_fails_where_it_failed()
    {
        using var spans = new Spans("failing");
        await using var engine = new InferenceEngine("failing", new LinearModel(1), new EngineOptions { Threads = 1 });

        await Assert.ThrowsAsync<FormatException>(() => engine.Ask(Request(1) with { Input = _ => throw new FormatException() }));

        Assert.Equal(["queue", "encode"], spans.All.Select(span => span.OperationName));
        Assert.Equal([ActivityStatusCode.Unset, ActivityStatusCode.Error], spans.All.Select(span => span.Status));
    }

    [Fact]
    public async Task Allocate_nothing_per_evaluation_beside_a_lane_that_is_idle()
    {
        int steps = 0;
        long before = 0;
        long after = 0;
        var model = new LinearModel(64)
        {
            Slope = -1.0003f,
            Evaluating = _ =>
            {
                steps++;
                before = steps == 50 ? GC.GetAllocatedBytesForCurrentThread() : before;
                after = steps == 250 ? GC.GetAllocatedBytesForCurrentThread() : after;
            },
        };
        await using var engine = new InferenceEngine("lean", model, new EngineOptions { Threads = 1, RowsPerThread = 4 });
        InferenceRequest<float[]> request = Request([.. Enumerable.Repeat(1f, 64)]);
        await engine.Ask(request with { Method = FixedPointMethods.Named("anderson"), Budget = new Budget { Evaluations = 5 } });
        steps = 0;

        await engine.Ask(request with { Budget = new Budget { Evaluations = 300 } });

        Assert.Equal(2, model.OpenLanes);
        Assert.True(before > 0);
        Assert.Equal(before, after);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Allocate_nothing_per_evaluation(int rows)
    {
        using var metrics = new EngineMetrics();
        using var meter = new Listener("lean");
        using var spans = new Spans("lean");
        using var gate = new Gate();
        int steps = 0;
        long before = 0;
        long after = 0;
        var model = new LinearModel(64)
        {
            Slope = -1.0003f,
            Encoding = gate.Pass,
            Evaluating = _ =>
            {
                steps++;
                if (steps == 50)
                {
                    before = GC.GetAllocatedBytesForCurrentThread();
                }
                else if (steps == 250)
                {
                    after = GC.GetAllocatedBytesForCurrentThread();
                }
            },
        };
        await using var engine = new InferenceEngine("lean", model, new EngineOptions { Threads = 1, RowsPerThread = 4 }, metrics: metrics);
        InferenceRequest<float[]> request = Request([.. Enumerable.Repeat(1f, 64)]) with
        {
            Budget = new Budget { Evaluations = 300, Time = TimeSpan.FromMinutes(10) },
        };

        Task[] answers = [.. Enumerable.Range(0, rows).Select(_ => engine.Ask(request))];
        gate.Open();
        await Task.WhenAll(answers);

        Assert.True(before > 0);
        Assert.Equal(before, after);
    }

    private sealed record Measured(double Value, object? Tag);

    /// <summary>Everything measured under one model's name.</summary>
    private sealed class Listener : IDisposable
    {
        private readonly ConcurrentQueue<(string Instrument, double Value, Dictionary<string, object?> Tags)> _seen = [];
        private readonly MeterListener _listener = new();
        private readonly string _model;

        public Listener(string model)
        {
            _model = model;
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == EngineMetrics.Name)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Note(instrument, value, tags));
            _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument, value, tags));
            _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Note(instrument, value, tags));
            _listener.Start();
        }

        public List<Measured> Of(string instrument, string tag) =>
            [.. _seen.Where(seen => seen.Instrument == instrument).Select(seen => new Measured(seen.Value, seen.Tags.GetValueOrDefault(tag)))];

        public void Dispose() => _listener.Dispose();

        private void Note(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            Dictionary<string, object?> all = tags.ToArray().ToDictionary(tag => tag.Key, tag => tag.Value);
            if (Equals(all["model"], _model))
            {
                _seen.Enqueue((instrument.Name, value, all));
            }
        }
    }

    /// <summary>Every span of one model, in the order of their ends.</summary>
    private sealed class Spans : IDisposable
    {
        private readonly ConcurrentQueue<Activity> _ended = [];
        private readonly ActivityListener _listener;

        public Spans(string model)
        {
            _listener = new ActivityListener
            {
                ShouldListenTo = source => source.Name is EngineMetrics.Name or "caller",
                Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
                ActivityStopped = activity =>
                {
                    if (Equals(activity.GetTagItem("model"), model))
                    {
                        _ended.Enqueue(activity);
                    }
                },
            };
            ActivitySource.AddActivityListener(_listener);
        }

        public IReadOnlyList<Activity> All => [.. _ended];

        public void Dispose() => _listener.Dispose();
    }
}
