using System.Diagnostics;
using Deq.Benchmarks.Serving;
using Deq.Export.FlowClips;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Imaging;
using Deq.Runtime.Onnx;
using Deq.Runtime.Scheduling;

namespace Deq.Benchmarks.Flow;

/// <summary>The time that one pair of frames takes in the engine, and what of it is spent outside the graphs.</summary>
internal static class FlowLatency
{
    private const double Unreachable = 1e-30;
    private const int WarmUps = 3;

    /// <summary>Measures pairs one after the other at several budgets, each made to the end.</summary>
    /// <param name="directory">A flow model.</param>
    /// <param name="frames">Two frames.</param>
    /// <param name="threads">Threads that share one run of a graph.</param>
    /// <param name="budgets">Evaluations.</param>
    /// <param name="repeats">Pairs per budget.</param>
    public static IReadOnlyList<LatencyRow> Measure(string directory, FlowClip frames, int threads, IReadOnlyList<int> budgets, int repeats)
    {
        using ModelBundle bundle = ModelBundle.Open(directory, new ExecutionOptions { IntraOpThreads = threads });
        var spent = new GraphTimes();
        var engine = new InferenceEngine(
            bundle.Manifest.Name, new TimedModel(bundle.Model, spent), new() { Threads = 1, RowsPerThread = 1 });
        try
        {
            return [.. budgets.Select(budget => Measure(engine, bundle.Manifest, frames, spent, budget, repeats) with { Threads = threads })];
        }
        finally
        {
            engine.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    private static LatencyRow Measure(InferenceEngine engine, ModelManifest manifest, FlowClip frames, GraphTimes spent, int budget, int repeats)
    {
        DecodedImage first = frames.Frames[0];
        FrameSizes sizes = manifest.Input.Sizes!;
        var request = new InferenceRequest<FlowField?>
        {
            Input = input => FramePair.Fill(first, frames.Frames[1], manifest.Input, input),
            Output = output => EstimatedFlow.Read(output, first.Width, first.Height, sizes),
            Method = FixedPointMethods.Named(manifest.Defaults.Solver),
            Tolerance = new() { Relative = Unreachable },
            Budget = new() { Evaluations = budget },
            Shape = sizes.ShapeOf(first.Height, first.Width),
        };
        List<(double Whole, double Inside, double Encode, double Evaluate, double Decode)> pairs = [];
        for (int i = -WarmUps; i < repeats; i++)
        {
            spent.Clear();
            long start = Stopwatch.GetTimestamp();
            engine.Submit([request], out IReadOnlyList<Task<InferenceAnswer<FlowField?>>> answers);
            answers[0].GetAwaiter().GetResult();
            double whole = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            if (i >= 0)
            {
                pairs.Add((whole, spent.Sum, spent.Encodings[0], spent.Evaluations.Average(), spent.Decodings[0]));
            }
        }

        return new LatencyRow(
            first.Width,
            first.Height,
            Threads: 0,
            budget,
            Median(pairs.Select(pair => pair.Whole)),
            Median(pairs.Select(pair => pair.Encode)),
            Median(pairs.Select(pair => pair.Evaluate)),
            Median(pairs.Select(pair => pair.Decode)),
            Median(pairs.Select(pair => 1 - (pair.Inside / pair.Whole))));
    }

    private static double Median(IEnumerable<double> values) => Quantiles.Of(values, 0.5);
}

/// <summary>One pair of frames in the engine; medians.</summary>
/// <param name="Width">Pixels.</param>
/// <param name="Height">Pixels.</param>
/// <param name="Threads">That share one run of a graph.</param>
/// <param name="Evaluations">Made.</param>
/// <param name="WholeMs">From the request to the answer as a flow field.</param>
/// <param name="EncodeMs">In the encoder.</param>
/// <param name="EvaluationMs">In the cell, each evaluation.</param>
/// <param name="DecodeMs">In the decoder.</param>
/// <param name="OutsideShare">Of the whole, outside the graphs.</param>
internal sealed record LatencyRow(
    int Width, int Height, int Threads, int Evaluations, double WholeMs, double EncodeMs, double EvaluationMs, double DecodeMs, double OutsideShare);
