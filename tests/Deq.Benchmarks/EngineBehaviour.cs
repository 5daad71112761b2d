using System.Diagnostics;
using System.Globalization;
using System.Text;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Onnx;
using Deq.Runtime.Scheduling.Engine;
using Deq.Runtime.Scheduling.Layouts;
using Deq.Runtime.Scheduling.Queue;
using Deq.Testing;

namespace Deq.Benchmarks;

/// <summary>What the engine does with a shipped model: layouts, deadlines, callers that vanish, and rows that join and leave against whole batches.</summary>
internal static class EngineBehaviour
{
    private const int Requests = 1000;
    private const int RowsForComparison = 8;
    private const int SoloEvaluations = 16;
    private const int SoloRuns = 500;

    public static int Run(string[] arguments)
    {
        if (Report.Read(arguments, "--model") is not { } report)
        {
            return 2;
        }

        string folder = report["--model"] ?? Repository.Folder("models", "fashion-mnist");
        using ModelBundle bundle = ModelBundle.Open(folder, new());
        RunAsync(bundle, report).GetAwaiter().GetResult();
        return 0;
    }

    private static async Task RunAsync(ModelBundle bundle, Report report)
    {
        var random = new Gaussian(1);
        float[][] inputs = [.. Enumerable.Range(0, 16).Select(_ =>
            (float[])[.. Enumerable.Range(0, bundle.Model.InputLength).Select(_ => (float)random.Next())])];
        EngineProfile profile = await ProfileAsync(bundle);
        Solo solo = await SoloAsync(bundle, profile.Layout, inputs[0]);
        double capacity = await CapacityAsync(Open(bundle, profile.Layout), inputs);
        DeadlineRun[] deadlines =
        [
            await DeadlinesAsync(Open(bundle, profile.Layout), inputs, capacity, 0.8),
            await DeadlinesAsync(Open(bundle, profile.Layout), inputs, capacity, 1.5),
        ];
        Vanishing vanishing = await VanishAsync(Open(bundle, profile.Layout), inputs);
        var batching = new List<BatchingRun>();
        foreach (double share in new[] { 0.6, 0.9 })
        {
            batching.Add(await CompareAsync(bundle, profile, BatchingMode.Static, RowsForComparison, inputs, capacity, share));
            batching.Add(await CompareAsync(bundle, profile, BatchingMode.Iteration, RowsForComparison, inputs, capacity, share));
            batching.Add(await CompareAsync(bundle, profile, BatchingMode.Iteration, profile.Layout.RowsPerThread, inputs, capacity, share));
        }

        report.Write(Page(bundle.Manifest.Name, profile, solo, capacity, deadlines, vanishing, batching), new
        {
            model = bundle.Manifest.Name,
            processors = Environment.ProcessorCount,
            layout = profile.Layout,
            layouts = profile.Measured,
            solo,
            capacityPerSecond = capacity,
            deadlines,
            vanishing,
            batching,
        });
    }

    private static async Task<EngineProfile> ProfileAsync(ModelBundle bundle)
    {
        await using var engine = InferenceEngine.Open(bundle.Manifest.Name, bundle.Sha256, bundle.ModelWith, new EngineOptions());
        return engine.Profile;
    }

    private static InferenceEngine Open(ModelBundle bundle, EngineLayout layout, BatchingMode batching = BatchingMode.Iteration) => new(
        bundle.Manifest.Name,
        bundle.ModelWith(layout.IntraOpThreads),
        new EngineOptions { Threads = layout.Threads, RowsPerThread = layout.RowsPerThread, QueueCapacity = 4096, MaxQueueTime = TimeSpan.FromMinutes(10), Batching = batching });

    /// <summary>What the engine adds to an undisturbed solve: waking a thread, the queue, and waking the caller.</summary>
    private static async Task<Solo> SoloAsync(ModelBundle bundle, EngineLayout layout, float[] input)
    {
        InferenceRequest<int> request = OfferedLoad.RequestOf(input, SoloEvaluations);
        var direct = new List<double>();
        using OnnxLane lane = bundle.ModelWith(layout.IntraOpThreads).OpenLane(1);
        var batch = new RunningBatch(lane.Space, lane, request.Method, TimeProvider.System);
        float[] logits = new float[bundle.Model.OutputLength];
        for (int i = 0; i < SoloRuns; i++)
        {
            long begun = Stopwatch.GetTimestamp();
            batch.Join(new RowGrant { Tolerance = request.Tolerance, Budget = request.Budget }, out int row);
            lane.Encode(input, row);
            lane.Start(batch.IterateSlot, row);
            FixedPoint.Run(batch, done => lane.Decode(done.Slot, done.Row, logits));
            direct.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
        }

        var through = new List<double>();
        await using InferenceEngine engine = Open(bundle, layout);
        for (int i = 0; i < SoloRuns; i++)
        {
            long begun = Stopwatch.GetTimestamp();
            engine.Submit([request], out IReadOnlyList<Task<InferenceAnswer<int>>> answers);
            await answers[0];
            through.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
        }

        direct.Sort();
        through.Sort();
        return new Solo(direct[SoloRuns / 2], through[SoloRuns / 2]);
    }

    /// <summary>Answers per second of the offered mix with a queue that is never empty.</summary>
    private static async Task<double> CapacityAsync(InferenceEngine engine, float[][] inputs)
    {
        await using InferenceEngine own = engine;
        await WarmUpAsync(engine, inputs);
        long begun = Stopwatch.GetTimestamp();
        var load = new OfferedLoad { Inputs = inputs, PerSecond = 1e6, Requests = Requests, DeadlineMs = (600_000, 600_000) };
        await load.OfferAsync(engine);
        return Requests / Stopwatch.GetElapsedTime(begun).TotalSeconds;
    }

    private static async Task<DeadlineRun> DeadlinesAsync(InferenceEngine engine, float[][] inputs, double capacity, double share)
    {
        await using InferenceEngine own = engine;
        await WarmUpAsync(engine, inputs);
        var load = new OfferedLoad { Inputs = inputs, PerSecond = capacity * share, Requests = Requests, DeadlineMs = (1, 200) };
        LoadOutcome outcome = await load.OfferAsync(engine);
        return new DeadlineRun(share, engine.Snapshot().SecondsPerEvaluation * 1000, outcome);
    }

    private static async Task<Vanishing> VanishAsync(InferenceEngine engine, float[][] inputs)
    {
        const int callers = 500;
        await using InferenceEngine own = engine;
        await WarmUpAsync(engine, inputs);
        using var leave = new CancellationTokenSource();
        InferenceRequest<int> endless = OfferedLoad.RequestOf(inputs[0], int.MaxValue);
        IReadOnlyList<Task<InferenceAnswer<int>>> answers = [];
        engine.Submit([.. Enumerable.Repeat(endless with { Cancellation = leave.Token }, callers)], out answers);
        EngineSnapshot before = engine.Snapshot();
        SpinWait.SpinUntil(() => engine.Running == before.Capacity);
        Thread.Sleep(50);
        long begun = Stopwatch.GetTimestamp();
        await leave.CancelAsync();
        TimeSpan cancelling = Stopwatch.GetElapsedTime(begun);
        SpinWait.SpinUntil(() => engine is { Running: 0, Waiting: 0 });
        TimeSpan free = Stopwatch.GetElapsedTime(begun);
        engine.Submit([.. Enumerable.Repeat(endless, before.Capacity)], out _);
        bool isWhole = SpinWait.SpinUntil(() => engine.Running == before.Capacity, TimeSpan.FromSeconds(10));
        return new Vanishing(
            callers, engine.Snapshot().SecondsPerEvaluation * 1000, cancelling.TotalMilliseconds, free.TotalMilliseconds, isWhole ? 0 : 1);
    }

    private static async Task<BatchingRun> CompareAsync(
        ModelBundle bundle, EngineProfile profile, BatchingMode mode, int rows, float[][] inputs, double capacity, double share)
    {
        await using InferenceEngine engine = Open(bundle, profile.Layout with { RowsPerThread = rows }, mode);
        await WarmUpAsync(engine, inputs);
        var load = new OfferedLoad { Inputs = inputs, PerSecond = capacity * share, Requests = 2 * Requests, DeadlineMs = (50, 200) };
        return new BatchingRun(share, mode.ToString(), rows, await load.OfferAsync(engine));
    }

    /// <summary>Compiles and binds: enough requests at once that every thread has had full batches.</summary>
    private static async Task WarmUpAsync(InferenceEngine engine, float[][] inputs)
    {
        int count = 20 * engine.Snapshot().Capacity;
        engine.Submit([.. Enumerable.Range(0, count).Select(i => OfferedLoad.RequestOf(inputs[0], 8 + (i % 9)))], out IReadOnlyList<Task<InferenceAnswer<int>>> answers);
        await Task.WhenAll(answers);
    }

    private static string Page(
        string model, EngineProfile profile, Solo solo, double capacity, DeadlineRun[] deadlines, Vanishing vanishing, List<BatchingRun> batching)
    {
        var page = new StringBuilder();
        page.AppendLine(Invariant($"# The engine on {model}\n"));
        page.AppendLine(Invariant($"{Environment.ProcessorCount} processors. Chosen: {Text(profile.Layout)}. Capacity for the mix below: {capacity:F0} answers/s.\n"));
        page.AppendLine("| threads | intra-op | rows per thread | ms per evaluation | ms per row |\n|--:|--:|--:|--:|--:|");
        foreach (LayoutCost cost in profile.Measured)
        {
            EngineLayout layout = cost.Layout;
            page.AppendLine(Invariant(
                $"| {layout.Threads} | {layout.IntraOpThreads} | {layout.RowsPerThread} | {cost.MillisecondsPerEvaluation:F3} | {cost.MillisecondsPerRow:F3} |"));
        }

        page.AppendLine(Invariant(
            $"\nA request alone, {SoloEvaluations} evaluations, medians: {solo.DirectMs:F3} ms on the caller's thread, {solo.EngineMs:F3} ms through the engine."));
        page.AppendLine("\nRequests with deadlines of 1 to 200 ms:\n");
        page.AppendLine("| offered / capacity | offered | refused | in time | overshoot p99, ms | largest, ms | one evaluation, ms |\n|--:|--:|--:|--:|--:|--:|--:|");
        foreach (DeadlineRun run in deadlines)
        {
            LoadOutcome load = run.Outcome;
            page.AppendLine(Invariant(
                $"| {run.Share:F1} | {load.Offered} | {load.Refused} | {load.InTime} | {load.OvershootP99:F2} | {load.OvershootMost:F2} | {run.EvaluationMs:F2} |"));
        }

        page.AppendLine(Invariant(
            $"\n{vanishing.Callers} callers vanish: all rows free after {vanishing.FreeMs:F2} ms, {vanishing.CancellingMs:F2} ms of which are the cancelling itself; one evaluation takes {vanishing.EvaluationMs:F2} ms; rows lost: {vanishing.RowsLost}.\n"));
        page.AppendLine("Rows that join and leave against whole batches, deadlines of 50 to 200 ms:\n");
        page.AppendLine("| offered / capacity | batching | rows per thread | refused | complete in time | per second | p50, ms | p99, ms |\n|--:|---|--:|--:|--:|--:|--:|--:|");
        foreach (BatchingRun run in batching)
        {
            LoadOutcome load = run.Outcome;
            page.AppendLine(Invariant(
                $"| {run.Share:F1} | {run.Batching} | {run.RowsPerThread} | {load.Refused} | {load.Complete} | {load.CompletePerSecond:F0} | {load.P50:F1} | {load.P99:F1} |"));
        }

        return page.ToString();
    }

    private static string Text(EngineLayout layout) =>
        $"threads {layout.Threads}, intra-op threads {layout.IntraOpThreads}, rows per thread {layout.RowsPerThread}";

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private sealed record Solo(double DirectMs, double EngineMs);

    private sealed record DeadlineRun(double Share, double EvaluationMs, LoadOutcome Outcome);

    private sealed record Vanishing(int Callers, double EvaluationMs, double CancellingMs, double FreeMs, int RowsLost);

    private sealed record BatchingRun(double Share, string Batching, int RowsPerThread, LoadOutcome Outcome);
}
