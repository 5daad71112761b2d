using Deq.Benchmarks.Serving;
using Deq.Export.Tasks.Restoration.Datasets;
using Deq.Export.Tasks.Restoration.Evaluation;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;
using Deq.Runtime.Tasks.Restoration;

namespace Deq.Benchmarks.Restoration;

/// <summary>What restoring one grey picture of 481 × 321 pixels takes at the default tolerance.</summary>
/// <param name="Damaged">What was done to it.</param>
/// <param name="Threads">That share one run of a graph.</param>
/// <param name="Evaluations">Made.</param>
/// <param name="MedianMs">Of the solve, milliseconds.</param>
/// <param name="LeastMs">The fastest.</param>
internal sealed record RestorationCosts(string Damaged, int Threads, int Evaluations, double MedianMs, double LeastMs)
{
    private const int Width = 481;
    private const int Height = 321;
    private const int Repeats = 7;

    /// <summary>Times some kinds of damage.</summary>
    /// <param name="directory">The bundle.</param>
    /// <param name="picture">Any; it is mirrored to the size.</param>
    /// <param name="threads">That share one run of a graph.</param>
    public static IReadOnlyList<RestorationCosts> Measure(string directory, GreyPicture picture, int threads)
    {
        using ModelBundle bundle = ModelBundle.Open(directory, new ExecutionOptions { IntraOpThreads = threads });
        var solver = new RestorationSolver(bundle, TimeProvider.System);
        IFixedPointMethod method = FixedPointMethods.Named(bundle.Manifest.Defaults.Solver);
        SolveDefaults defaults = bundle.Manifest.Defaults;
        GreyPicture large = Mirrored(picture);
        return [.. Evaluated().Select(damage =>
        {
            DamagedPicture damaged = damage.Apply(large, place: 0);
            var problem = new RestorationProblem(damaged.Degradation, damaged.Height, damaged.Width, bundle.Manifest, damaged.Sigma, lambda: 1);
            var grant = RowGrant.Of(problem.UsualTolerance(defaults.Tolerance), problem.UsualEvaluations(defaults.MaxEvaluations));
            RestoredPlane[] solved = [.. Enumerable.Range(0, Repeats + 1).Select(_ => solver.Solve(problem, damaged.Measured, method, grant)).Skip(1)];
            double[] times = [.. solved.Select(plane => plane.Time.TotalMilliseconds)];
            return new RestorationCosts($"{damage.Name}, σ {damage.Sigma}", threads, solved[0].Solution.Evaluations, Quantiles.Of(times, 0.5), times.Min());
        })];
    }

    private static IEnumerable<Damage> Evaluated() => Damage.All.Where(damage => damage.Name != "a third of the size");

    private static GreyPicture Mirrored(GreyPicture picture)
    {
        float[] pixels = new float[Width * Height];
        for (int i = 0; i < pixels.Length; i++)
        {
            pixels[i] = picture[Folded(i / Width, picture.Height), Folded(i % Width, picture.Width)];
        }

        return new GreyPicture(picture.Name, Width, Height, pixels);
    }

    private static int Folded(int place, int count) => place % (2 * count) is var at && at < count ? at : (2 * count) - 1 - at;
}
