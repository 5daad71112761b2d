using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Onnx;
using Deq.Runtime.States;
using Deq.Testing;
using Deq.Testing.Bundles;

namespace Deq.Runtime.Specs.FixedPoints;

public sealed class RowSolutionSpecs
{
    private const int Rows = 16;

    public static TheoryData<string> Methods => MethodCatalogue.Methods;

    /// <summary>−1/ln ρ spreads tenfold over the rows, and with it Picard's evaluations.</summary>
    [Theory, MemberData(nameof(Methods))]
    public void Cost_the_evaluations_that_their_rows_cost_alone(string method)
    {
        RowSolution[] alone = [.. Enumerable.Range(0, Rows).Select(sample => Solve(method, [sample], out _)[0])];

        RowSolution[] together = Solve(method, [.. Enumerable.Range(0, Rows)], out long rowEvaluations);

        int sum = alone.Sum(row => row.Evaluations);
        Assert.Equal(alone, together);
        Assert.Equal(sum, rowEvaluations);
        Assert.InRange(Rows * together.Max(row => row.Evaluations), 1.3 * sum, 4 * sum);
    }

    /// <summary>ONNX Runtime may order a sum otherwise for another number of rows; the tolerance is far below the bound on that.</summary>
    [Theory, MemberData(nameof(Methods))]
    public void Of_an_onnx_cell_give_a_row_the_state_it_has_alone(string method)
    {
        using var folder = new TemporaryFolder();
        using ModelBundle bundle = ModelBundle.Open(TinyBundle.Write(folder["tiny"]), new());
        using OnnxLane batch = bundle.Model.OpenLane(Rows);
        using OnnxLane single = bundle.Model.OpenLane(1);

        float[][] together = States(batch, method, [.. Enumerable.Range(0, Rows)]);

        for (int sample = 0; sample < Rows; sample++)
        {
            float[] alone = States(single, method, [sample])[0];
            double distance = Math.Sqrt(alone.Zip(together[sample], (a, b) => (a - (double)b) * (a - (double)b)).Sum());
            Assert.InRange(distance / Math.Sqrt(alone.Sum(number => (double)number * number)), 0, 1e-5);
        }
    }

    /// <summary>
    /// Method, loop and cell together, as they serve. The iterates of this f wander for ever: one that contracts reaches f(z) = z to the bit, at an
    /// evaluation that depends on where its memory lies, and a row that ends makes an answer and new bindings for those that are left.
    /// </summary>
    [Theory, MemberData(nameof(Methods))]
    public void Of_an_onnx_cell_allocate_nothing_per_evaluation(string method)
    {
        using var folder = new TemporaryFolder();
        using ModelBundle bundle = ModelBundle.Open(TinyBundle.Write(folder["tiny"], new() { SpectralNorm = 3 }), new());
        using OnnxLane lane = bundle.Model.OpenLane(3);
        var batch = new RunningBatch(lane.Space, lane, MethodCatalogue.Method(method), TimeProvider.System);
        Join(lane, batch, [1, 2, 3], MethodCatalogue.Grant(1e-30, 1_000_000));
        Step(batch, 40);

        long before = GC.GetAllocatedBytesForCurrentThread();
        Step(batch, 100);

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(3, batch.Rows);
        Assert.Equal(0, allocated);
    }

    private static void Step(RunningBatch batch, int times)
    {
        for (int step = 0; step < times; step++)
        {
            batch.Step();
        }
    }

    private static RowSolution[] Solve(string method, int[] samples, out long rowEvaluations)
    {
        SquareMatrix matrix = SquareMatrix.OfSpectrum(1, [.. Enumerable.Range(0, 48).Select(i => (2.0 * i / 47) - 1)]);
        var space = new HostStateSpace(samples.Length, matrix.Width);
        float[][] injections = [.. samples.Select(sample => NamedProblems.LinearOf("x", matrix, 1).Injection(sample))];
        float[] radii = [.. samples.Select(sample => (float)Math.Exp(-0.5 * Math.Pow(10, -sample / (Rows - 1.0))))];
        var map = new HostMap(space, (row, z, fz) =>
        {
            matrix.Multiply(z, fz);
            for (int i = 0; i < fz.Length; i++)
            {
                fz[i] = (radii[row] * fz[i]) + injections[row][i];
            }
        });
        var batch = new RunningBatch(space, map, MethodCatalogue.Method(method), TimeProvider.System);
        foreach (int _ in samples)
        {
            batch.Join(MethodCatalogue.Grant(), out int row);
            space.Row(batch.IterateSlot, row).Clear();
        }

        var solutions = new RowSolution[samples.Length];
        FixedPoint.Run(batch, done => solutions[done.Ticket] = done.Solution);
        rowEvaluations = batch.RowEvaluations;
        return solutions;
    }

    private static float[][] States(OnnxLane lane, string method, int[] samples)
    {
        var batch = new RunningBatch(lane.Space, lane, MethodCatalogue.Method(method), TimeProvider.System);
        Join(lane, batch, samples, MethodCatalogue.Grant(1e-6, 200));
        float[][] states = new float[samples.Length][];
        FixedPoint.Run(batch, done => states[done.Ticket] = lane.Space.Row(done.Slot, done.Row).ToArray());
        return states;
    }

    private static void Join(OnnxLane lane, RunningBatch batch, int[] samples, RowGrant grant)
    {
        foreach (int sample in samples)
        {
            batch.Join(grant, out int row);
            lane.Encode(TinyBundle.Image(sample), row);
            lane.Start(batch.IterateSlot, row);
        }
    }
}
