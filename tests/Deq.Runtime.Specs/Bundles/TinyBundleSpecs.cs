using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Onnx;
using Deq.Testing.Bundles;

namespace Deq.Runtime.Specs.Bundles;

/// <summary>That the models other specs rely on behave as their options say.</summary>
public sealed class TinyBundleSpecs : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Diverges_for_bright_images_and_leaves_dark_ones_beside_them_alone()
    {
        RowSolution[] rows = Solve(new() { FailsAboveMean = 0.5 }, "anderson", Even(0.9f), TinyBundle.Image(1).Select(value => value / 2).ToArray());

        Assert.Equal((StopReason.Diverged, false), (rows[0].Stop, rows[0].HasFiniteState));
        Assert.True(rows[1].Converged);
    }

    [Fact]
    public void Overflows_under_picard_when_it_is_linear_and_expands()
    {
        RowSolution row = Solve(new() { IsLinear = true, SpectralNorm = 1e8 }, "picard", TinyBundle.Image(1))[0];

        Assert.Equal((StopReason.Diverged, true), (row.Stop, row.HasFiniteState));
    }

    [Fact]
    public void Contracts_under_picard_by_its_spectral_norm_when_it_is_linear()
    {
        RowSolution slow = Solve(new() { IsLinear = true, SpectralNorm = 0.9 }, "picard", TinyBundle.Image(1))[0];

        // ‖f(z) − z‖ shrinks by 0.9 per evaluation from ‖x‖, so 1e-4 takes at least ln(1e-4)/ln(0.9) = 88, less the growth of ‖z‖.
        Assert.InRange(slow.Evaluations, 60, 110);
    }

    [Fact]
    public void Answers_the_same_with_work_added()
    {
        double plain = Solve(new(), "picard", TinyBundle.Image(1))[0].Residual;
        double busy = Solve(new() { ExtraWork = 1 }, "picard", TinyBundle.Image(1))[0].Residual;

        Assert.Equal(plain, busy, plain * 0.05);
    }

    private RowSolution[] Solve(TinyBundleOptions options, string method, params float[][] images)
    {
        using ModelBundle bundle = ModelBundle.Open(TinyBundle.Write(_folder[$"{Guid.NewGuid():N}"], options), new());
        using OnnxLane lane = bundle.Model.OpenLane(images.Length);
        var batch = new RunningBatch(lane.Space, lane, FixedPointMethods.Find(method)!, TimeProvider.System);
        var rows = new RowSolution[images.Length];
        foreach (float[] image in images)
        {
            batch.Join(new RowGrant { Tolerance = new() { Relative = 1e-4 }, Budget = new() { Evaluations = 200 } }, out int row);
            lane.Encode(image, row);
            lane.Start(batch.IterateSlot, row);
        }

        FixedPoint.Run(batch, done => rows[done.Ticket] = done.Solution);
        return rows;
    }

    private static float[] Even(float value)
    {
        float[] image = new float[TinyBundle.InputLength];
        Array.Fill(image, value);
        return image;
    }
}
