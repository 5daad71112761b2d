using System.Globalization;
using System.Text;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Onnx;
using Deq.Runtime.States;
using Deq.Testing;
using Deq.Testing.Bundles;

namespace Deq.Benchmarks;

/// <summary>What sixteen samples of unequal difficulty cost in one batch, against the sum alone and a batch that waits for its slowest.</summary>
internal static class MixedBatch
{
    private const string Command = "dotnet run --project tests/Deq.Benchmarks -c Release -- mixed";
    private const int Rows = 16;
    private const int Width = 256;
    private static readonly RowGrant Grant = RowGrant.Of(1e-4, 2000);

    public static int Run(string[] arguments)
    {
        if (Report.Read(arguments) is not { } report)
        {
            return 2;
        }

        SquareMatrix matrix = SquareMatrix.OfSpectrum(1, [.. Enumerable.Range(0, Width).Select(i => (2.0 * i / (Width - 1)) - 1)]);
        using var folder = new TemporaryFolder();
        ReferenceCell.WriteBundle(folder["cell"]);
        using ModelBundle bundle = ModelBundle.Open(folder["cell"], new());
        Measurement[] measurements =
        [
            .. FixedPointMethods.All.Select(method => Measure("linear", method, samples => Linear(matrix, method, samples))),
            .. FixedPointMethods.All.Select(method => Measure("cell", method, samples => Cell(bundle.Model, method, samples))),
        ];
        report.Write(Page(measurements), measurements);
        return 0;
    }

    private static Measurement Measure(string problem, IFixedPointMethod method, Func<int[], Solved> solve)
    {
        Solved[] alone = [.. Enumerable.Range(0, Rows).Select(sample => solve([sample]))];
        Solved together = solve([.. Enumerable.Range(0, Rows)]);
        int[] evaluations = [.. alone.Select(solved => solved.Rows[0].Evaluations)];
        return new Measurement(
            problem,
            method.Name,
            evaluations.Min(),
            evaluations.Max(),
            alone.Sum(solved => solved.RowEvaluations),
            together.RowEvaluations,
            (double)together.RowEvaluations / evaluations.Sum(),
            Rows * together.Rows.Max(row => row.Evaluations),
            (double)Rows * together.Rows.Max(row => row.Evaluations) / evaluations.Sum(),
            Enumerable.Range(0, Rows).Max(sample => Distance(alone[sample].States[0], together.States[sample])));
    }

    /// <summary>f(z) = ρ·Q·Λ·Qᵀ·z + x with ρ such that ln 10 / −ln ρ, Picard's evaluations per digit, spreads tenfold over the samples.</summary>
    private static Solved Linear(SquareMatrix matrix, IFixedPointMethod method, int[] samples)
    {
        var space = new HostStateSpace(samples.Length, Width);
        float[][] injections = [.. samples.Select(sample => Normal(sample, Width, 1))];
        float[] radii = [.. samples.Select(sample => (float)Math.Exp(-0.5 * Math.Pow(10, -sample / (Rows - 1.0))))];
        var map = new TimedMap(new HostMap(space, (row, z, fz) =>
        {
            matrix.Multiply(z, fz);
            for (int i = 0; i < fz.Length; i++)
            {
                fz[i] = (radii[row] * fz[i]) + injections[row][i];
            }
        }));
        var batch = new RunningBatch(space, map, method, TimeProvider.System);
        foreach (int _ in samples)
        {
            batch.Join(Grant, out int row);
            space.Row(batch.IterateSlot, row).Clear();
        }

        return Finish(batch, map, samples.Length, (slot, row) => space.Row(slot, row).ToArray());
    }

    /// <summary>The reference cell; the smaller x is beside the normalised convolution, the more slowly it converges.</summary>
    private static Solved Cell(OnnxModel model, IFixedPointMethod method, int[] samples)
    {
        using OnnxLane lane = model.OpenLane(samples.Length);
        var map = new TimedMap(lane);
        var batch = new RunningBatch(lane.Space, map, method, TimeProvider.System);
        foreach (int sample in samples)
        {
            batch.Join(Grant, out int row);
            Normal(sample, ReferenceCell.StateWidth, 8 * Math.Pow(8, -sample / (Rows - 1.0))).CopyTo(lane.Injection(row));
            lane.Start(batch.IterateSlot, row);
        }

        return Finish(batch, map, samples.Length, (slot, row) => lane.Space.Row(slot, row).ToArray());
    }

    private static Solved Finish(RunningBatch batch, TimedMap map, int rows, Func<int, int, float[]> read)
    {
        var solutions = new RowSolution[rows];
        float[][] states = new float[rows][];
        FixedPoint.Run(batch, done => (solutions[done.Ticket], states[done.Ticket]) = (done.Solution, read(done.Slot, done.Row)));
        return new Solved(solutions, states, map.RowEvaluations);
    }

    private static float[] Normal(int seed, int width, double scale)
    {
        var random = new Gaussian(seed);
        return [.. Enumerable.Range(0, width).Select(_ => (float)(scale * random.Next()))];
    }

    private static double Distance(float[] a, float[] b) =>
        Math.Sqrt(a.Zip(b, (left, right) => ((double)left - right) * ((double)left - right)).Sum() / a.Sum(value => (double)value * value));

    private static string Page(Measurement[] measurements)
    {
        var page = new StringBuilder();
        page.AppendLine("# A batch of unequal difficulty");
        page.AppendLine();
        page.AppendLine("Sixteen samples to relative 1e-4. `linear`: D = 256, spectral radii such that Picard's evaluations spread tenfold. `cell`: the reference");
        page.AppendLine("cell in ONNX Runtime, injections of unequal size. A batch that runs until its slowest row is done is what research code does.");
        page.AppendLine($"`{Command} --json docs/results/mixed.json --markdown docs/results/mixed.md` makes this page.");
        page.AppendLine();
        page.AppendLine("| problem | method | evaluations alone, least to most | sum alone | one batch | against the sum | until the slowest | against the sum | z* alone and in the batch differ by |");
        page.AppendLine("|---|---|--:|--:|--:|--:|--:|--:|--:|");
        foreach (Measurement m in measurements)
        {
            page.AppendLine(CultureInfo.InvariantCulture, $"| {m.Problem} | {m.Method} | {m.Least} to {m.Most} | {m.SumAlone} | {m.Batch} | {m.AgainstSum:F3} | {m.UntilSlowest} | {m.UntilSlowestAgainstSum:F2} | {m.Difference:G2} |");
        }

        return page.ToString();
    }

    private sealed record Solved(RowSolution[] Rows, float[][] States, long RowEvaluations);

    private sealed record Measurement(
        string Problem,
        string Method,
        int Least,
        int Most,
        long SumAlone,
        long Batch,
        double AgainstSum,
        long UntilSlowest,
        double UntilSlowestAgainstSum,
        double Difference);
}
