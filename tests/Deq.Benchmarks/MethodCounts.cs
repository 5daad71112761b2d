using System.Diagnostics;
using System.Numerics.Tensors;
using System.Text.Json;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.States;
using Deq.Testing;

namespace Deq.Benchmarks;

/// <summary>How many evaluations each method takes on each named problem, and what a method costs beside them.</summary>
internal static class MethodCounts
{
    private const int Rows = 20;
    private const int MostEvaluations = 1200;
    private static readonly double[] Tolerances = [1e-2, 1e-3, 1e-4, 1e-5, 1e-6];
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    public static int Run(string[] options)
    {
        if (options is not ([] or ["--json", _]))
        {
            Console.Error.WriteLine("methods takes no options but --json file.");
            return 2;
        }

        Count[] counts =
        [
            .. from problem in NamedProblems.Solvable.Append(NamedProblems.StrongTanh)
               from method in FixedPointMethods.All
               from tolerance in Tolerances
               select Measure(problem, method, tolerance),
        ];
        Overhead[] overheads = [.. FixedPointMethods.All.Select(method => MeasureOverhead(method, width: 12_288))];
        Print(counts);
        Print(overheads);
        if (options is [_, string path])
        {
            File.WriteAllText(path, JsonSerializer.Serialize(new { counts, overheads }, Json));
        }

        return 0;
    }

    private static Count Measure(NamedProblem problem, IFixedPointMethod method, double tolerance)
    {
        var grant = new RowGrant { Tolerance = new() { Relative = tolerance }, Budget = new() { Evaluations = MostEvaluations } };
        IReadOnlyList<RowSolution> rows = SolvedProblem.From(problem, method, grant, [.. Enumerable.Range(1, Rows)]).Solution.Rows;
        int[] evaluations = [.. rows.Select(row => row.Evaluations).Order()];
        return new Count(problem.Name, method.Name, tolerance, evaluations[Rows / 2], evaluations[^1], rows.Count(row => row.Converged), Rows);
    }

    /// <summary>Time per row and step less that of the map, on one row that never converges.</summary>
    private static Overhead MeasureOverhead(IFixedPointMethod method, int width)
    {
        const int steps = 2000;
        var noisy = new NamedProblem("noisy", width, (row, z, fz) => TensorPrimitives.MultiplyAdd(z, 0.9f, row.Injection, fz));
        var space = new HostStateSpace(1, width);
        var timed = new TimedMap(space, noisy);
        var batch = new RunningBatch(space, timed, method, TimeProvider.System);
        var grant = new RowGrant { Tolerance = new() { Relative = 1e-12 }, Budget = new() { Evaluations = int.MaxValue } };
        batch.Join(grant, out _);
        for (int step = 0; step < 200; step++)
        {
            batch.Step();
        }

        timed.Spent = TimeSpan.Zero;
        long start = Stopwatch.GetTimestamp();
        for (int step = 0; step < steps; step++)
        {
            batch.Step();
        }

        return new Overhead(method.Name, width, (Stopwatch.GetElapsedTime(start) - timed.Spent).TotalMicroseconds / steps);
    }

    private static void Print(Count[] counts)
    {
        Console.WriteLine($"| problem | method | {string.Join(" | ", Tolerances)} |");
        Console.WriteLine($"|---|---|{string.Concat(Tolerances.Select(_ => "--:|"))}");
        foreach (IGrouping<(string Problem, string Method), Count> row in counts.GroupBy(count => (count.Problem, count.Method)))
        {
            string cells = string.Join(" | ", row.Select(Cell));
            Console.WriteLine($"| {row.Key.Problem} | {row.Key.Method} | {cells} |");
        }

        Console.WriteLine();
    }

    /// <summary>The median, and the worst row or how many rows converged.</summary>
    private static string Cell(Count count) =>
        count.Converged == count.Rows ? $"{count.Median} ({count.Worst})"
        : count.Converged > count.Rows / 2 ? $"{count.Median} ({count.Converged}/{count.Rows})"
        : $"– ({count.Converged}/{count.Rows})";

    private static void Print(Overhead[] overheads)
    {
        foreach (Overhead overhead in overheads)
        {
            Console.WriteLine($"{overhead.Method}: {overhead.Microseconds:F1} us per row and evaluation beside f, D = {overhead.Width}");
        }
    }

    private sealed record Count(string Problem, string Method, double Tolerance, int Median, int Worst, int Converged, int Rows);

    private sealed record Overhead(string Method, int Width, double Microseconds);

    private sealed class TimedMap(HostStateSpace space, NamedProblem problem) : IFixedPointMap
    {
        private readonly PlacedRow _row = new(problem.Injection(1));
        private int _evaluations;

        public TimeSpan Spent { get; set; }

        public void Evaluate(int z, int fz, int rows)
        {
            long start = Stopwatch.GetTimestamp();
            problem.Evaluate(_row, space.Row(z, 0), space.Row(fz, 0));
            space.Row(fz, 0)[_evaluations++ % space.Width] += 1;
            Spent += Stopwatch.GetElapsedTime(start);
        }

        public void Move(ReadOnlySpan<RowMove> moves)
        {
        }
    }
}
