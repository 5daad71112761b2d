using Deq.Export.Tasks.Classification.Evaluation;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;
using Deq.Testing.Bundles;
using TemporaryFolder = Deq.Export.Specs.Fixtures.TemporaryFolder;

namespace Deq.Export.Specs.Tasks.Classification.Evaluation;

public sealed class AccuracyCurveSpecs
{
    [Fact]
    public void Takes_the_bundles_own_solver_with_its_options()
    {
        using TemporaryFolder folder = new();
        using ModelBundle bundle = ModelBundle.Open(TinyBundle.Write(folder.File("tiny")), new ExecutionOptions());
        SolveDefaults defaults = bundle.Manifest.Defaults with { Solver = "picard", Damping = 0.5, MaxEvaluations = 6, Tolerance = 1e-6 };
        var evaluation = new BundleEvaluation(bundle, ThreeShapes.Images(12), [0, 1, 2, 3], threads: 1, TimeProvider.System);

        EvaluationSummary summary = EvaluationSummary.Measure(bundle.Manifest, evaluation, defaults, "images", withCurve: true, _ => { });

        EvaluationReport point = summary.Curve.Single(report => (report.Solver, report.MaxEvaluations) == ("picard", 6));
        EvaluationReport undamped = evaluation.Run(new PicardIteration(), 1e-6, 6);
        Assert.Equal(summary.Default.MedianResidual, point.MedianResidual);
        Assert.NotEqual(undamped.MedianResidual, point.MedianResidual);
    }
}
