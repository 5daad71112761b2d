using System.Diagnostics;
using System.Globalization;
using System.Text;
using Deq.Export.Verification;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Onnx;
using Deq.Testing.Bundles;

namespace Deq.Benchmarks;

/// <summary>The time of a solve that is not spent in f, and the bytes allocated per evaluation, on the reference cell.</summary>
internal static class Overhead
{
    private const string Command = "dotnet run --project tests/Deq.Benchmarks -c Release -- overhead";

    private static readonly (string Name, double Tolerance, int Evaluations)[] Stops =
        [("20 evaluations", 1e-30, 20), ("1e-3", 1e-3, 200), ("1e-4", 1e-4, 200)];

    /// <summary>
    /// Options: <c>--write-cell file.onnx</c> writes the cell and measures nothing; <c>--threads n</c>, <c>--batch n</c> and
    /// <c>--method name</c> measure one alone; <c>--products exact</c> lets Anderson acceleration take no estimates.
    /// </summary>
    public static int Run(string[] arguments)
    {
        if (Report.Read(arguments, "--write-cell", "--threads", "--batch", "--method", "--products") is not { } report)
        {
            return 2;
        }

        if (report["--write-cell"] is { } path)
        {
            File.WriteAllBytes(path, ReferenceCell.Onnx());
            return 0;
        }

        using var folder = new TemporaryFolder();
        ReferenceCell.WriteBundle(folder["cell"]);
        int[] batches = Chosen("--batch", 1, 16);
        IFixedPointMethod[] methods = [.. report["--method"] is { } name ? [FixedPointMethods.Named(name)] : FixedPointMethods.All];
        if (report["--products"] == "exact")
        {
            methods = [.. methods.Select(ComparedMethods.Exact)];
        }

        Measurement[] measurements = [.. Chosen("--threads", 1, 2).SelectMany(count => OnThreads(folder["cell"], count, batches, methods))];
        report.Write(Page(measurements), measurements);
        return 0;

        int[] Chosen(string option, params int[] all) => report[option] is { } given ? [int.Parse(given, CultureInfo.InvariantCulture)] : all;
    }

    private static IEnumerable<Measurement> OnThreads(string bundle, int threads, int[] batches, IFixedPointMethod[] methods)
    {
        using ModelBundle opened = ModelBundle.Open(bundle, new() { IntraOpThreads = threads });
        foreach (int batch in batches)
        {
            foreach (IFixedPointMethod method in methods)
            {
                using OnnxLane lane = opened.Model.OpenLane(batch);
                var solves = new TimedSolves(lane, method, batch);
                foreach ((string name, double tolerance, int evaluations) in Stops)
                {
                    yield return solves.Measure(RowGrant.Of(tolerance, evaluations)) with { Threads = threads, Stop = name };
                }
            }
        }
    }

    private static string Page(Measurement[] measurements)
    {
        var page = new StringBuilder();
        page.AppendLine("# Time outside f");
        page.AppendLine();
        page.AppendLine("Reference cell f(z, x) = relu(GroupNorm8(conv3×3₄₈(z)) + x), z `[B, 48, 32, 32]` in single precision, in ONNX Runtime on a CPU,");
        page.AppendLine("through the same lane that serves. Medians of repeated solves from zeros; per evaluation: one call of f for all B rows.");
        page.AppendLine($"`{Command} --json docs/results/overhead.json --markdown docs/results/overhead.md` makes this page;");
        page.AppendLine("`… overhead --write-cell cell.onnx` writes the cell, so that other solvers can be measured on it.");
        page.AppendLine();
        page.AppendLine("| threads of f | B | method | stop | evaluations of all rows | total, ms | in f, ms | outside f | per evaluation outside, µs | bytes per evaluation |");
        page.AppendLine("|--:|--:|---|---|--:|--:|--:|--:|--:|--:|");
        foreach (Measurement m in measurements)
        {
            page.AppendLine(CultureInfo.InvariantCulture, $"| {m.Threads} | {m.Batch} | {m.Method} | {m.Stop} | {m.Evaluations} | {m.TotalMs:F2} | {m.InsideMs:F2} | {m.OutsideShare:P1} | {m.OutsideMicroseconds:F0} | {m.BytesPerEvaluation:F0} |");
        }

        return page.ToString();
    }

    /// <summary>One row of the table.</summary>
    internal sealed record Measurement
    {
        /// <summary>The method's name in the catalogue, with its defaults.</summary>
        public required string Method { get; init; }

        /// <summary>B.</summary>
        public required int Batch { get; init; }

        /// <summary>Threads within one evaluation of f; the solver itself runs on one.</summary>
        public int Threads { get; init; }

        /// <summary>When rows stop.</summary>
        public string Stop { get; init; } = "";

        /// <summary>Summed over the rows.</summary>
        public required long Evaluations { get; init; }

        /// <summary>A whole solve, milliseconds.</summary>
        public required double TotalMs { get; init; }

        /// <summary>Of which in f, milliseconds.</summary>
        public required double InsideMs { get; init; }

        /// <summary>1 − inside/total, the median over solves.</summary>
        public required double OutsideShare { get; init; }

        /// <summary>Per call of f, microseconds.</summary>
        public required double OutsideMicroseconds { get; init; }

        /// <summary>Managed bytes allocated per call of f that finishes no row; a row that finishes is given its result, 40 bytes.</summary>
        public required double BytesPerEvaluation { get; init; }
    }

    /// <summary>Solves of the same rows by one method, repeated: each joins the batch anew.</summary>
    private sealed class TimedSolves
    {
        private const double LongEnoughMilliseconds = 1500;

        private readonly OnnxLane _lane;
        private readonly TimedMap _map;
        private readonly RunningBatch _batch;
        private readonly IFixedPointMethod _method;
        private readonly int _rows;
        private readonly float[][] _injections;

        public TimedSolves(OnnxLane lane, IFixedPointMethod method, int rows)
        {
            (_lane, _method, _rows) = (lane, method, rows);
            _map = new TimedMap(lane);
            _batch = new RunningBatch(lane.Space, _map, method, TimeProvider.System);
            _injections = [.. Enumerable.Range(0, rows).Select(ReferenceCell.Injection)];
        }

        public Measurement Measure(RowGrant grant)
        {
            for (int i = 0; i < 3; i++)
            {
                Solve(grant);
            }

            var solves = new List<Measurement>();
            long start = Stopwatch.GetTimestamp();
            while (solves.Count < 5 || (solves.Count < 200 && Stopwatch.GetElapsedTime(start).TotalMilliseconds < LongEnoughMilliseconds))
            {
                solves.Add(Solve(grant));
            }

            return solves[0] with
            {
                TotalMs = Median(solve => solve.TotalMs),
                InsideMs = Median(solve => solve.InsideMs),
                OutsideShare = Median(solve => solve.OutsideShare),
                OutsideMicroseconds = Median(solve => solve.OutsideMicroseconds),
                BytesPerEvaluation = Median(solve => solve.BytesPerEvaluation),
            };

            double Median(Func<Measurement, double> value) => solves.Select(value).Order().ElementAt(solves.Count / 2);
        }

        private Measurement Solve(RowGrant grant)
        {
            for (int i = 0; i < _rows; i++)
            {
                _batch.Join(grant, out int row);
                _injections[i].CopyTo(_lane.Injection(row));
                _lane.Start(_batch.IterateSlot, row);
            }

            _map.Reset();
            int steps = 0;
            long bytes = 0;
            long start = Stopwatch.GetTimestamp();
            for (; _batch.Rows > 0; steps++)
            {
                long before = GC.GetAllocatedBytesForCurrentThread();
                _batch.Step();
                bytes += _batch.Finished.Count == 0 ? GC.GetAllocatedBytesForCurrentThread() - before : 0;
                _batch.Release();
            }

            double total = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            return new Measurement
            {
                Method = _method.Name,
                Batch = _rows,
                Evaluations = _map.RowEvaluations,
                TotalMs = total,
                InsideMs = _map.Milliseconds,
                OutsideShare = 1 - (_map.Milliseconds / total),
                OutsideMicroseconds = (total - _map.Milliseconds) * 1000 / steps,
                BytesPerEvaluation = (double)bytes / steps,
            };
        }
    }
}
