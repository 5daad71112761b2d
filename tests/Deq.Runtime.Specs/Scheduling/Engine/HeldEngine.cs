using System.Collections.Concurrent;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;
using Deq.Runtime.Scheduling.Engine;
using Deq.Runtime.Scheduling.Queue;
using Deq.Runtime.Specs.Scheduling.Queue;
using Deq.Testing;
using Deq.Testing.Models;
using static Deq.Runtime.Specs.Scheduling.Engine.EngineRequests;

namespace Deq.Runtime.Specs.Scheduling.Engine;

/// <summary>
/// An engine of one thread whose time passes only by its work: 1 ms to encode, 10 ms per evaluation whatever the rows, 1 ms to decode. It
/// can be held before it encodes, so that requests queue, and notes in which order they are served.
/// </summary>
internal sealed class HeldEngine : IAsyncDisposable
{
    public static readonly TimeSpan Evaluation = TimeSpan.FromMilliseconds(10);

    private readonly ConcurrentQueue<string> _served = [];
    private Gate? _gate;

    public HeldEngine(EngineOptions? options = null, float slope = -1.0003f)
    {
        Model = new LinearModel(1)
        {
            Slope = slope,
            TakesShapes = true,
            Encoding = () =>
            {
                _gate?.Pass();
                Clock.Advance(EncodingTakes);
            },
            Evaluating = rows =>
            {
                Clock.Advance(EvaluationTakes(rows));
                Evaluating(rows);
            },
            Decoding = () => Clock.Advance(TimeSpan.FromMilliseconds(1)),
        };
        Engine = new InferenceEngine("held", Model, options ?? new EngineOptions { Threads = 1, RowsPerThread = 1 }, Clock);
    }

    public ManualClock Clock { get; } = new();

    public LinearModel Model { get; }

    public InferenceEngine Engine { get; }

    public TimeSpan EncodingTakes { get; set; } = TimeSpan.FromMilliseconds(1);

    /// <summary>What an evaluation of so many rows takes.</summary>
    public Func<int, TimeSpan> EvaluationTakes { get; set; } = _ => Evaluation;

    /// <summary>Runs after the time of an evaluation has passed, on the engine's thread.</summary>
    public Action<int> Evaluating { get; set; } = _ => { };

    /// <summary>Who was taken up, in order.</summary>
    public IReadOnlyList<string> Served => [.. _served];

    /// <summary>A request that uses up its evaluations.</summary>
    public InferenceRequest<float[]> Of(string name, int evaluations = 10, TimeSpan? deadline = null, Priority priority = Priority.Normal) =>
        Request(1) with
        {
            Input = input =>
            {
                input.Fill(1);
                _served.Enqueue(name);
            },
            Budget = new Budget { Evaluations = evaluations, Time = deadline },
            Priority = priority,
        };

    /// <summary>Has the engine measure itself on a few requests, so that it knows what they cost.</summary>
    public async Task MeasureAsync(int answers = 8)
    {
        for (int i = 0; i < answers; i++)
        {
            await Engine.Ask(Of("measured"));
        }

        _served.Clear();
    }

    /// <summary>Holds the engine with one request. It has by then noted everything about those before.</summary>
    public (Gate Gate, Task<InferenceAnswer<float[]>> Holder) Hold(ShapeKey shape = default)
    {
        var gate = new Gate();
        _gate = gate;
        Task<InferenceAnswer<float[]>> holder = Engine.Ask(Of("holder") with { Shape = shape });
        gate.AwaitArrival();
        return (gate, holder);
    }

    public ValueTask DisposeAsync() => Engine.DisposeAsync();
}
