using System.Diagnostics;
using Deq.Benchmarks.Serving;
using Deq.Export.Tasks.Flow.Clips;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Imaging;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;
using Deq.Runtime.Scheduling.Engine;
using Deq.Runtime.Scheduling.Queue;
using Deq.Runtime.Tasks.Flow;
using Deq.Runtime.Tasks.Flow.FirstGuess;
using Deq.Runtime.Tasks.Flow.WarmStarts;

namespace Deq.Benchmarks.Flow;

/// <summary>The time that a frame of a stream takes in the engine, cold and warm, and what of it is spent in which part.</summary>
internal static class FlowLatency
{
    private const int WarmUps = 3;

    /// <summary>Measures the second pair of a clip again and again at the model's defaults, from nothing and from where the first pair's solve ended.</summary>
    /// <param name="directory">A flow model that is given a guess.</param>
    /// <param name="frames">Three frames.</param>
    /// <param name="threads">Threads that share one run of a graph and one guess.</param>
    /// <param name="repeats">Pairs per start.</param>
    public static IReadOnlyList<LatencyRow> Measure(string directory, FlowClip frames, int threads, int repeats)
    {
        using ModelBundle bundle = ModelBundle.Open(directory, new ExecutionOptions { IntraOpThreads = threads });
        var spent = new GraphTimes();
        var engine = new InferenceEngine(
            bundle.Manifest.Name, new TimedModel(bundle.Model, spent), new() { Threads = 1, RowsPerThread = 1 });
        using var sharing = new PairThreads(threads);
        var stream = new EngineStream(engine, bundle.Manifest, sharing);
        try
        {
            (_, LastPair last, _, _) = stream.Solve(frames.Frames[0], frames.Frames[1], null);
            return [.. new[] { null, last }.Select(start => Measure(stream, frames, start, spent, repeats) with { Threads = threads })];
        }
        finally
        {
            engine.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    private static LatencyRow Measure(EngineStream stream, FlowClip frames, LastPair? last, GraphTimes spent, int repeats)
    {
        (DecodedImage first, DecodedImage second) = (frames.Frames[1], frames.Frames[2]);
        List<(double Whole, double Open, double Encode, double Evaluate, double Decode)> pairs = [];
        (int evaluations, bool isWarm) = (0, false);
        for (int i = -WarmUps; i < repeats; i++)
        {
            spent.Clear();
            long start = Stopwatch.GetTimestamp();
            (evaluations, _, isWarm, double opened) = stream.Solve(first, second, last);
            double whole = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            if (i >= 0)
            {
                pairs.Add((whole, opened, spent.Encodings[0], spent.Evaluations.Average(), spent.Decodings[0]));
            }
        }

        return new LatencyRow
        {
            Width = first.Width,
            Height = first.Height,
            Threads = 0,
            IsWarm = isWarm,
            Evaluations = evaluations,
            WholeMs = Median(pairs.Select(pair => pair.Whole)),
            OpenMs = Median(pairs.Select(pair => pair.Open)),
            EncodeMs = Median(pairs.Select(pair => pair.Encode)),
            EvaluationMs = Median(pairs.Select(pair => pair.Evaluate)),
            DecodeMs = Median(pairs.Select(pair => pair.Decode)),
        };
    }

    private static double Median(IEnumerable<double> values) => Quantiles.Of(values, 0.5);

    /// <summary>Pairs of a stream in an engine.</summary>
    private sealed class EngineStream(InferenceEngine engine, ModelManifest manifest, PairThreads threads)
    {
        private readonly FlowInput _frames = new(manifest.Input, threads);
        private readonly FlowState _state = FlowState.Of(manifest);

        public (int Evaluations, LastPair Last, bool IsWarm, double OpenMs) Solve(DecodedImage first, DecodedImage second, LastPair? last)
        {
            ShapeKey shape = manifest.Input.Sizes!.ShapeOf(first.Height, first.Width);
            int length = FlowStateLayout.Of(_state, shape).Length;
            (float[] found, float[] start) = (new float[length], new float[length]);
            var pair = new StreamedPair(_frames, _state, last);
            (double mostLost, double opened) = (1, 0);
            engine.Submit(
                [
                    new InferenceRequest<FlowField?>
                    {
                        Input = numbers =>
                        {
                            long begun = Stopwatch.GetTimestamp();
                            mostLost = pair.Open(first, second, FrameSketch.Of(second).Difference(FrameSketch.Of(first)), numbers, start);
                            opened = Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
                        },
                        Start = start,
                        Output = output => EstimatedFlow.Read(output, first.Width, first.Height, manifest.Input.Sizes),
                        Method = FixedPointMethods.Named(manifest.Defaults.Solver),
                        Tolerance = new() { Limit = manifest.Defaults.Tolerance },
                        Budget = new() { Evaluations = manifest.Defaults.MaxEvaluations },
                        FinalState = found,
                        Shape = shape,
                    },
                ],
                out IReadOnlyList<Task<InferenceAnswer<FlowField?>>> answers);
            InferenceAnswer<FlowField?> answer = answers[0].GetAwaiter().GetResult();
            return (answer.Solution.Evaluations, new LastPair(found, mostLost), pair.Settle(null) == StreamedPair.Warped, opened);
        }
    }
}

/// <summary>One frame of a stream in the engine; medians.</summary>
internal sealed record LatencyRow
{
    /// <summary>Pixels.</summary>
    public required int Width { get; init; }

    /// <summary>Pixels.</summary>
    public required int Height { get; init; }

    /// <summary>That share one run of a graph and one guess.</summary>
    public required int Threads { get; init; }

    /// <summary>Whether the pair started from the previous one.</summary>
    public required bool IsWarm { get; init; }

    /// <summary>To the default tolerance.</summary>
    public required int Evaluations { get; init; }

    /// <summary>From the request to the answer as a flow field.</summary>
    public required double WholeMs { get; init; }

    /// <summary>Normalising the frames and making the guess.</summary>
    public required double OpenMs { get; init; }

    /// <summary>In the encoder.</summary>
    public required double EncodeMs { get; init; }

    /// <summary>In the cell, each evaluation.</summary>
    public required double EvaluationMs { get; init; }

    /// <summary>In the decoder.</summary>
    public required double DecodeMs { get; init; }
}
