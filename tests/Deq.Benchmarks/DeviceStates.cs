using System.Diagnostics;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;
using Deq.Testing;

namespace Deq.Benchmarks;

/// <summary>What states in the memory of ONNX Runtime's device cost against states in host memory, on the first shipped model.</summary>
internal static class DeviceStates
{
    private const int Evaluations = 20;
    private const int EvaluationsToTheFloor = 100;
    private const int Warmup = 12;
    private const int Solves = 41;

    public static int Run(string[] arguments)
    {
        if (Report.Read(arguments, "--device") is not { } report)
        {
            return 2;
        }

        var options = new ExecutionOptions { Device = report["--device"] ?? ExecutionOptions.Cpu };
        bool isGpu = options.Device != ExecutionOptions.Cpu;
        ExecutionOptions[] precisions = isGpu ? [options, options with { TensorFloat32 = true }] : [options];
        Results[] results = [.. precisions.Select(precision => MeasureAll(precision, isGpu ? [1, 16, 64] : [1, 16]))];
        report.Write(Page(options, results), results.SelectMany(result => result.Costs));
        return 0;
    }

    private static Results MeasureAll(ExecutionOptions options, int[] batches)
    {
        string directory = Directory.GetDirectories(Repository.Folder("models")).Order(StringComparer.Ordinal).First();
        using var bundle = ModelBundle.Open(directory, options);

        // What is measured first would pay for compiling what all share.
        Measure(bundle, FixedPointMethods.All[0], 1, isDevice: false, options);
        Measure(bundle, FixedPointMethods.All[0], 1, isDevice: true, options);
        Cost[] costs =
        [
            .. from batch in batches
               from method in FixedPointMethods.All
               from isDevice in new[] { false, true }
               select Measure(bundle, method, batch, isDevice, options),
        ];
        return new Results(bundle.Manifest.Name, bundle.Model.StateWidth, Precision(options), costs, LeastResidual(bundle));
    }

    private static string Page(ExecutionOptions options, Results[] results)
    {
        bool isGpu = options.Device != ExecutionOptions.Cpu;
        (string command, string page) = isGpu ? ($"device --device {options.Device}", $"device-{options.Device}") : ("device", "device");
        IEnumerable<string> lines = results.SelectMany(result => result.Costs).Select(cost =>
            $"| {cost.States} | {cost.Precision} | {cost.Method} | {cost.Batch} | {cost.TotalMs:F2} | {cost.InsideMs:F2} | {cost.OutsideShare:P1} "
            + $"| {1000 * (cost.TotalMs - cost.InsideMs) / (Evaluations * cost.Batch):F1} | {cost.BytesPerEvaluation:F0} |");
        IEnumerable<string> floors = results.Select(result => $"| {result.Precision} | {result.LeastResidual:E1} |");
        return $"""
            # {page}

            States in host memory against states in the memory of ONNX Runtime's device, here {(isGpu ? "a GPU" : "the processor")}: {results[0].Model},
            D = {results[0].StateWidth}, {Evaluations} evaluations, one thread; medians of {Solves} solves.

            ```
            dotnet run --project tests/Deq.Benchmarks -c Release -- {command} --json docs/results/{page}.json --markdown docs/results/{page}.md
            ```

            | states | f in | method | batch | total ms | in f ms | outside f | µs outside f per row and evaluation | bytes per evaluation |
            |---|---|---|--:|--:|--:|--:|--:|--:|
            {string.Join('\n', lines)}

            The least residual that Anderson acceleration reaches in {EvaluationsToTheFloor} evaluations, the worst of 8 inputs:

            | f in | least residual |
            |---|--:|
            {string.Join('\n', floors)}

            """;
    }

    private static string Precision(ExecutionOptions options) => options.TensorFloat32 ? "TensorFloat-32" : "single";

    private static Cost Measure(ModelBundle bundle, IFixedPointMethod method, int rows, bool isDevice, ExecutionOptions options)
    {
        using IModelLane lane = isDevice ? bundle.Model.OpenDeviceLane(rows) : bundle.Model.OpenLane(rows);
        var timed = new TimedLane(lane);
        var batch = new RunningBatch(lane.Space, timed, method, TimeProvider.System);
        float[][] inputs = Inputs(bundle, rows);
        double[] totals = new double[Solves];
        double[] insides = new double[Solves];
        long bytes = 0;
        for (int i = -Warmup; i < Solves; i++)
        {
            Join(batch, lane, inputs, Evaluations);
            (long allocated, long start) = (GC.GetAllocatedBytesForCurrentThread(), Stopwatch.GetTimestamp());
            timed.Inside = TimeSpan.Zero;
            for (int step = 0; step < Evaluations; step++)
            {
                batch.Step();
            }

            if (i >= 0)
            {
                (totals[i], insides[i]) = (Stopwatch.GetElapsedTime(start).TotalMilliseconds, timed.Inside.TotalMilliseconds);
                bytes += GC.GetAllocatedBytesForCurrentThread() - allocated;
            }

            batch.Release();
        }

        Array.Sort(totals, insides);
        (double total, double inside) = (totals[Solves / 2], insides[Solves / 2]);
        return new Cost(
            isDevice ? "device" : "host",
            Precision(options),
            method.Name,
            rows,
            1,
            Evaluations,
            total,
            inside,
            1 - (inside / total),
            (double)bytes / (Solves * Evaluations));
    }

    private static double LeastResidual(ModelBundle bundle)
    {
        using IModelLane lane = bundle.Model.OpenDeviceLane(8);
        var batch = new RunningBatch(lane.Space, lane, new AndersonAcceleration(), TimeProvider.System);
        Join(batch, lane, Inputs(bundle, 8), EvaluationsToTheFloor);
        double worst = 0;
        FixedPoint.Run(batch, done => worst = Math.Max(worst, done.Solution.Residual));
        return worst;
    }

    private static void Join(RunningBatch batch, IModelLane lane, float[][] inputs, int evaluations)
    {
        foreach (float[] input in inputs)
        {
            batch.Join(RowGrant.Of(1e-12, evaluations), out int row);
            lane.Encode(input, row);
            lane.Start(batch.IterateSlot, row);
        }
    }

    private static float[][] Inputs(ModelBundle bundle, int rows) =>
        [.. Enumerable.Range(0, rows).Select(seed => Noise(seed, bundle.Model.InputLength))];

    private static float[] Noise(int seed, int length)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, length).Select(_ => random.NextSingle())];
    }

    private sealed record Results(string Model, int StateWidth, string Precision, Cost[] Costs, double LeastResidual);

    private sealed record Cost(
        string States,
        string Precision,
        string Method,
        int Batch,
        int Threads,
        int Evaluations,
        double TotalMs,
        double InsideMs,
        double OutsideShare,
        double BytesPerEvaluation);

    private sealed class TimedLane(IModelLane lane) : IFixedPointMap
    {
        public TimeSpan Inside { get; set; }

        public void Evaluate(int z, int fz, int rows)
        {
            long start = Stopwatch.GetTimestamp();
            lane.Evaluate(z, fz, rows);
            Inside += Stopwatch.GetElapsedTime(start);
        }

        public void Move(ReadOnlySpan<RowMove> moves) => lane.Move(moves);
    }
}
