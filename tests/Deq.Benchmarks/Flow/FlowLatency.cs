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
using Deq.Runtime.Scheduling.Starts;
using Deq.Runtime.Tasks.Flow;
using Deq.Runtime.Tasks.Flow.WarmStarts;

namespace Deq.Benchmarks.Flow;

/// <summary>The time that a frame of a stream takes in the engine from its warm start, and what of it is spent outside the graphs.</summary>
internal static class FlowLatency
{
    private const double Unreachable = 1e-30;
    private const int WarmUps = 3;

    /// <summary>Measures the second pair of a clip again and again at several budgets, each made to the end, from where the first pair's solve ended.</summary>
    /// <param name="directory">A flow model.</param>
    /// <param name="frames">Three frames.</param>
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
        (DecodedImage first, DecodedImage second) = (frames.Frames[1], frames.Frames[2]);
        FrameSizes sizes = manifest.Input.Sizes!;
        var layout = FlowStateLayout.Of(manifest.State!, sizes.ShapeOf(first.Height, first.Width));
        float[] state = new float[layout.Length];
        var request = new InferenceRequest<FlowField?>
        {
            Input = input => FramePair.Fill(frames.Frames[0], first, manifest.Input, input),
            Output = output => EstimatedFlow.Read(output, first.Width, first.Height, sizes),
            Method = FixedPointMethods.Named(manifest.Defaults.Solver),
            Tolerance = new() { Relative = Unreachable },
            Budget = new() { Evaluations = budget },
            FinalState = state,
            Shape = sizes.ShapeOf(first.Height, first.Width),
        };
        Solve();
        var past = new FlowPast(HalvedFrame.Of(frames.Frames[0]), HalvedFrame.Of(first), (float[])[.. state], state.AsMemory(layout.Hidden * layout.Cells).ToArray());
        request = request with
        {
            Input = input => FramePair.Fill(first, second, manifest.Input, input),
            PlanStart = Plan,
        };
        List<(double Whole, double Inside, double Encode, double Evaluate, double Decode)> pairs = [];
        for (int i = -WarmUps; i < repeats; i++)
        {
            spent.Clear();
            long start = Stopwatch.GetTimestamp();
            Solve();
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

        void Solve()
        {
            engine.Submit([request], out IReadOnlyList<Task<InferenceAnswer<FlowField?>>> answers);
            answers[0].GetAwaiter().GetResult();
        }

        StartPlan Plan()
        {
            // As a stream does: the new frame is halved, the start predicted and held against the pictures.
            var halved = HalvedFrame.Of(second);
            float[] carried = new float[layout.Length];
            FlowStarts.Carry(past, halved, layout, manifest.State!.Stride, new CarryOptions(), carried);
            return FlowStarts.Plan(carried, past.State, manifest.State, budget, sureShare: 1, mostHiddenChange: 1);
        }
    }

    private static double Median(IEnumerable<double> values) => Quantiles.Of(values, 0.5);
}

/// <summary>One frame of a stream in the engine; medians.</summary>
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
