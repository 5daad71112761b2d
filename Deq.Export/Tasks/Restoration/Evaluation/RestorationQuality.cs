using Deq.Export.Evaluation;
using Deq.Export.Tasks.Restoration.Datasets;
using Deq.Runtime.Bundles;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Restoration;

namespace Deq.Export.Tasks.Restoration.Evaluation;

/// <summary>Means over pictures of one kind of damage.</summary>
internal sealed record DamageReport
{
    /// <summary>In words.</summary>
    public required string Damage { get; init; }

    /// <summary>Noise, grey levels.</summary>
    public required double Sigma { get; init; }

    /// <summary>How many.</summary>
    public required int Pictures { get; init; }

    /// <summary>PSNR of where the solve starts, dB: the noisy, gap-filled or enlarged picture.</summary>
    public required double Damaged { get; init; }

    /// <summary>PSNR, dB.</summary>
    public required double Restored { get; init; }

    /// <summary>PSNR, dB, of the first <see cref="RestorationQuality.FewPictures"/> pictures.</summary>
    public double RestoredFew { get; init; }

    /// <summary>Per picture.</summary>
    public required double Evaluations { get; init; }

    /// <summary>The share that met the tolerance.</summary>
    public required double Converged { get; init; }

    /// <summary>Root mean square of Hz − y, grey levels.</summary>
    public required double Misfit { get; init; }

    /// <summary>Per picture.</summary>
    public required double Milliseconds { get; init; }
}

/// <summary>How good a restorer is: noise of several strengths on all pictures, other operators and tolerances on the first ones.</summary>
internal sealed record RestorationQuality
{
    /// <summary>A line per kind of damage.</summary>
    public required IReadOnlyList<DamageReport> Reports { get; init; }

    /// <summary>Noise of σ = 25 again at other tolerances.</summary>
    public required IReadOnlyList<(double Tolerance, DamageReport Report)> Tolerances { get; init; }

    /// <summary>The same by evaluations, whatever the residual.</summary>
    public required IReadOnlyList<(int Evaluations, DamageReport Report)> Budgets { get; init; }

    /// <summary>Root mean square difference of two solves from different starts, in units of the tolerance times ‖z‖.</summary>
    public required double OtherStart { get; init; }

    /// <summary>Sentences on which pictures these are. Default none.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>How many pictures less common damages are measured on.</summary>
    public const int FewPictures = 12;

    // A relative residual that single precision does not reach.
    private const double Unreachable = 1e-9;

    private static readonly double[] s_tolerances = [1e-1, 1e-2, 3e-3, 1e-3, 3e-4, 1e-4];
    private static readonly int[] s_budgets = [1, 2, 3, 4, 6, 8, 12, 16, 24];

    /// <summary>The result in one sentence.</summary>
    public string Sentence => FormattableString.Invariant(
        $"Grey pictures with noise of σ = 15 and 25 restored to {Reports[0].Restored:0.00} and {Reports[1].Restored:0.00} dB by {Reports[1].Evaluations:0.0} evaluations.");

    /// <summary>Measures a bundle.</summary>
    public static RestorationQuality Measure(ModelBundle bundle, IReadOnlyList<GreyPicture> pictures, EvaluationRequest request)
    {
        var runner = new Runner(bundle, request);
        GreyPicture[] few = [.. pictures.Take(FewPictures)];
        SolveDefaults defaults = request.Defaults;
        DamageReport[] reports = [.. Damage.All.Select(damage => runner.Run(damage, damage.IsCommon ? pictures : few, defaults.Tolerance, defaults.MaxEvaluations))];
        Damage noise = Damage.All[1];
        return new RestorationQuality
        {
            Reports = reports,
            Tolerances = [.. s_tolerances.Select(tolerance => (tolerance, runner.Run(noise, few, tolerance, defaults.MaxEvaluations)))],
            Budgets = [.. s_budgets.Select(budget => (budget, runner.Run(noise, few, Unreachable, budget)))],
            OtherStart = runner.OtherStart(few[0]),
        };
    }

    /// <summary>The manifest's numbers.</summary>
    public IReadOnlyDictionary<string, double> Figures() => new Dictionary<string, double>
    {
        ["psnrNoise15"] = Math.Round(Reports[0].Restored, 2),
        ["psnrNoise25"] = Math.Round(Reports[1].Restored, 2),
        ["meanEvaluationsNoise25"] = Math.Round(Reports[1].Evaluations, 1),
    };

    private sealed class Runner(ModelBundle bundle, EvaluationRequest request)
    {
        private readonly RestorationSolver _solver = new(bundle, request.Clock);
        private readonly IFixedPointMethod _method = request.Defaults.Method(request.Defaults.Solver);

        public DamageReport Run(Damage damage, IReadOnlyList<GreyPicture> pictures, double tolerance, int evaluations)
        {
            var lines = new List<DamageReport>();
            double granted = tolerance;
            foreach (GreyPicture picture in pictures)
            {
                DamagedPicture damaged = damage.Apply(picture, lines.Count);
                RestorationProblem problem = Problem(damaged);
                granted = problem.UsualTolerance(tolerance);
                RestoredPlane restored = _solver.Solve(problem, damaged.Measured, _method, request.Defaults.Grant(granted, problem.UsualEvaluations(evaluations)));
                (double squares, int count) = problem.Misfit(restored.Output, damaged.Measured);
                lines.Add(new DamageReport
                {
                    Damage = damage.Name,
                    Sigma = damage.Sigma,
                    Pictures = 1,
                    Damaged = PictureQuality.PeakSignalToNoise(problem.Cut(restored.Start), damaged.Clean.Pixels),
                    Restored = PictureQuality.PeakSignalToNoise(restored.Picture, damaged.Clean.Pixels),
                    Evaluations = restored.Solution.Evaluations,
                    Converged = restored.Solution.Converged ? 1 : 0,
                    Misfit = 255 * Math.Sqrt(squares / count),
                    Milliseconds = restored.Time.TotalMilliseconds,
                });
            }

            DamageReport report = Mean(lines);
            request.Report(RestorationTables.Line(report, granted));
            return report;
        }

        private static DamageReport Mean(List<DamageReport> lines) => lines[0] with
        {
            Pictures = lines.Count,
            Damaged = lines.Average(line => line.Damaged),
            Restored = lines.Average(line => line.Restored),
            RestoredFew = lines.Take(FewPictures).Average(line => line.Restored),
            Evaluations = lines.Average(line => line.Evaluations),
            Converged = lines.Average(line => line.Converged),
            Misfit = lines.Average(line => line.Misfit),
            Milliseconds = lines.Average(line => line.Milliseconds),
        };

        /// <summary>How far two solves of one denoising problem from different starts end apart.</summary>
        public double OtherStart(GreyPicture picture)
        {
            var damaged = DamagedPicture.Of(picture, Degradation.OfNoise(), 25, seed: 1);
            RestorationProblem problem = Problem(damaged);
            var grant = request.Defaults.Grant(request.Defaults.Tolerance, request.Defaults.MaxEvaluations);
            float[] one = _solver.Solve(problem, damaged.Measured, _method, grant).Output;
            float[] other = _solver.Solve(problem, damaged.Measured, _method, grant, new float[one.Length]).Output;
            double apart = Math.Sqrt(one.Zip(other, (a, b) => (double)(a - b) * (a - b)).Sum() / one.Sum(a => (double)a * a));
            return apart / request.Defaults.Tolerance;
        }

        private RestorationProblem Problem(DamagedPicture damaged) =>
            new(damaged.Degradation, damaged.Height, damaged.Width, bundle.Manifest, damaged.Sigma, lambda: 1);
    }
}
