using System.Diagnostics;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Scheduling;
using Deq.Testing;

namespace Deq.Benchmarks;

/// <summary>What states in the memory of ONNX Runtime's device cost against states in host memory: the first shipped model, the processor.</summary>
internal static class DeviceStates
{
    private const int Evaluations = 20;
    private const int Warmup = 12;
    private const int Solves = 41;
    private static readonly int[] Batches = [1, 16];

    public static int Run(string[] arguments)
    {
        if (Report.Read(arguments) is not { } report)
        {
            return 2;
        }

        string directory = Directory.GetDirectories(Repository.Folder("models")).Order(StringComparer.Ordinal).First();
        using var bundle = ModelBundle.Open(directory, new());

        // What is measured first would pay for compiling what all share.
        Measure(bundle, FixedPointMethods.All[0], 1, isDevice: false);
        Measure(bundle, FixedPointMethods.All[0], 1, isDevice: true);
        Cost[] costs =
        [
            .. from batch in Batches
               from method in FixedPointMethods.All
               from isDevice in new[] { false, true }
               select Measure(bundle, method, batch, isDevice),
        ];
        report.Write(Page(bundle, costs), costs);
        return 0;
    }

    private static string Page(ModelBundle bundle, Cost[] costs)
    {
        IEnumerable<string> lines = costs.Select(cost =>
            $"| {cost.States} | {cost.Method} | {cost.Batch} | {cost.TotalMs:F2} | {cost.InsideMs:F2} | {cost.OutsideShare:P1} "
            + $"| {1000 * (cost.TotalMs - cost.InsideMs) / (Evaluations * cost.Batch):F1} | {cost.BytesPerEvaluation:F0} |");
        return $"""
            # device

            States in host memory against states in the memory of ONNX Runtime's device, here the processor: {bundle.Manifest.Name}, D = {bundle.Model.StateWidth},
            {Evaluations} evaluations, one thread; medians of {Solves} solves.

            ```
            dotnet run --project tests/Deq.Benchmarks -c Release -- device --json docs/results/device.json --markdown docs/results/device.md
            ```

            | states | method | batch | total ms | in f ms | outside f | µs outside f per row and evaluation | bytes per evaluation |
            |---|---|--:|--:|--:|--:|--:|--:|
            {string.Join('\n', lines)}

            """;
    }

    private static Cost Measure(ModelBundle bundle, IFixedPointMethod method, int rows, bool isDevice)
    {
        using IModelLane lane = isDevice ? bundle.Model.OpenDeviceLane(rows) : bundle.Model.OpenLane(rows);
        var timed = new TimedLane(lane);
        var batch = new RunningBatch(lane.Space, timed, method, TimeProvider.System);
        float[][] inputs = [.. Enumerable.Range(0, rows).Select(seed => Noise(seed, bundle.Model.InputLength))];
        double[] totals = new double[Solves];
        double[] insides = new double[Solves];
        long bytes = 0;
        for (int i = -Warmup; i < Solves; i++)
        {
            Join(batch, lane, inputs);
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
            isDevice ? "device" : "host", method.Name, rows, 1, Evaluations, total, inside, 1 - (inside / total), (double)bytes / (Solves * Evaluations));
    }

    private static void Join(RunningBatch batch, IModelLane lane, float[][] inputs)
    {
        foreach (float[] input in inputs)
        {
            batch.Join(RowGrant.Of(1e-12, Evaluations), out int row);
            lane.Encode(input, row);
            lane.Start(batch.IterateSlot, row);
        }
    }

    private static float[] Noise(int seed, int length)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, length).Select(_ => random.NextSingle())];
    }

    private sealed record Cost(
        string States,
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
