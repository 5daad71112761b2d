using System.Diagnostics;
using System.Text.Json;
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
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    public static int Run(string[] options)
    {
        if (options is not ([] or ["--json", _]))
        {
            Console.Error.WriteLine("device takes no options but --json file.");
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
        Console.WriteLine($"{bundle.Manifest.Name}, D = {bundle.Model.StateWidth}, {Evaluations} evaluations, one thread; medians of {Solves} solves");
        Console.WriteLine($"{"states",-8}{"method",-10}{"batch",6}{"total ms",10}{"in f",9}{"outside",9}{"µs outside/row",16}{"B/evaluation",14}");
        foreach (Cost cost in costs)
        {
            Console.WriteLine(
                $"{cost.States,-8}{cost.Method,-10}{cost.Batch,6}{cost.TotalMs,10:F2}{cost.InsideMs,9:F2}{cost.OutsideShare,9:P1}"
                + $"{1000 * (cost.TotalMs - cost.InsideMs) / (Evaluations * cost.Batch),16:F1}{cost.BytesPerEvaluation,14:F0}");
        }

        if (options is [_, string path])
        {
            File.WriteAllText(path, JsonSerializer.Serialize(costs, Json));
        }

        return 0;
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
