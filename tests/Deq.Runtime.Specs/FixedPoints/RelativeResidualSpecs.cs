using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Onnx;
using Deq.Testing.Bundles;

namespace Deq.Runtime.Specs.FixedPoints;

public sealed class RelativeResidualSpecs
{
    [Theory]
    [InlineData(1e-3, 0)]
    [InlineData(1e-3, 0.5)]
    [InlineData(0.1, 2)]
    public void Meets_the_tolerance_where_the_difference_is_within_relative_and_absolute_tolerance_together(double tolerance, double absolute)
    {
        var residual = RelativeResidual.With(tolerance, absolute);
        double[] magnitudes = [0, 1, 9, 10_000];
        foreach (double magnitude in magnitudes)
        {
            double bound = (tolerance * Math.Sqrt(magnitude)) + absolute;

            Assert.True(Of(residual, 0.999 * bound, magnitude) <= tolerance);
            Assert.True(Of(residual, (1.001 * bound) + 1e-9, magnitude) > tolerance);
        }
    }

    [Fact]
    public void Is_that_of_a_bundle_with_an_absolute_tolerance()
    {
        using var folder = new TemporaryFolder();
        using ModelBundle strict = ModelBundle.Open(TinyBundle.Write(folder["strict"]), new ExecutionOptions());
        using ModelBundle loose = ModelBundle.Open(TinyBundle.Write(folder["loose"], new TinyBundleOptions { AbsoluteTolerance = 1 }), new ExecutionOptions());

        Assert.True(Evaluations(loose) < Evaluations(strict));
    }

    private static double Of(RelativeResidual residual, double difference, double magnitudeSquare)
    {
        var measured = new RowResidual[1];
        residual.Measure(0, 0, [difference * difference], [magnitudeSquare], measured, 1);
        return measured[0].Value;
    }

    private static int Evaluations(ModelBundle bundle)
    {
        using OnnxLane lane = bundle.Model.OpenLane(1);
        var batch = new RunningBatch(lane.Space, lane, new PicardIteration(), TimeProvider.System, lane.Residual);
        batch.Join(RowGrant.Of(bundle.Manifest.Defaults.Tolerance, 100), out int row);
        lane.Encode(TinyBundle.Image(1), row);
        lane.Start(batch.IterateSlot, row);
        RowSolution? solution = null;
        FixedPoint.Run(batch, done => solution = done.Solution);
        return solution!.Evaluations;
    }
}
