using System.Globalization;
using System.Text;

namespace Deq.Benchmarks.Estimators;

/// <summary>The page of the comparison.</summary>
internal static class EstimatorPage
{
    /// <summary>By how many points regularization may cost accuracy.</summary>
    private const double RegularizationBound = 0.5;

    /// <summary>The largest share of the evaluations without regularization that a regularized cell may need.</summary>
    private const double EvaluationsBound = 0.5;

    /// <summary>Markdown.</summary>
    /// <param name="results">Every variant with the same seeds.</param>
    public static string Of(IReadOnlyList<EstimatorResult> results)
    {
        ILookup<string, EstimatorResult> runs = results.ToLookup(result => result.Variant);
        var page = new StringBuilder(Opening(results));
        foreach (EstimatorVariant variant in EstimatorVariant.All)
        {
            page.AppendLine(Row(variant, [.. runs[variant.Name]], [.. runs[EstimatorVariant.Reference]]));
        }

        return page.Append(Regularization([.. runs[EstimatorVariant.Reference]], [.. runs[EstimatorVariant.Free]])).ToString();
    }

    private static string Opening(IReadOnlyList<EstimatorResult> results)
    {
        int seeds = results.Select(result => result.Seed).Distinct().Count();
        int heldOut = results[0].HeldOut;
        double sampling = 100 * Math.Sqrt(results.Average(result => result.Accuracy * (1 - result.Accuracy)) / heldOut);
        return string.Create(CultureInfo.InvariantCulture, $"""
            # Gradient estimators in training
            One classifier trained by every estimator on the first {EstimatorRecipe.Images} training images of Fashion-MNIST, everything else equal: same weights at the start, split, order of
            images, epochs and learning rates; {seeds} seeds. One branch of 16 channels at 7 × 7 behind a stem of one block; the recipe is `EstimatorRecipe`. A first epoch of unrolled steps is the same for
            all of one seed; three epochs at the equilibrium follow, found by Broyden's method to 1e-3 within 24 evaluations, with Jacobian regularization, the last row excepted.
            Accuracy: {heldOut} held-out images after the last epoch, solved by Anderson acceleration to 1e-3 within 40. The model is small and the runs are short: they compare
            estimators, and say nothing of what a long run of a larger model reaches.

            ```
            OMP_NUM_THREADS=1 dotnet run --project tests/Deq.Benchmarks -c Release -- estimators --data <fashion-mnist> --runs runs/estimators --json docs/results/estimators.json --markdown docs/results/estimators.md
            ```

            Gap: points against `{EstimatorVariant.Reference}` of the same seed, median ± the standard error of the mean difference; one no larger than its error is no finding, and a bound nearer to
            the gap than that is undecided. The sampling error of one
            accuracy is {sampling:F1} points; both sides of a gap see the same images. Forward evaluations, and the residual where they end: means over the last {EstimatorRuns.LastSteps} steps. Time: processor
            milliseconds of a whole training step, median of the runs' medians.

            | estimator | accuracy %, median (each) | gap | may lie below by | holds | forward evaluations | residual | backward | ms per step |
            |---|---|--:|--:|---|--:|--:|--:|--:|

            """);
    }

    private static string Row(EstimatorVariant variant, EstimatorResult[] runs, EstimatorResult[] reference)
    {
        PairedGap gap = PairedGap.Of(runs, reference);
        bool isReference = variant.Name == EstimatorVariant.Reference;
        double Of(Func<EstimatorResult, double> value) => PairedGap.Median(runs.Select(value));
        return string.Create(CultureInfo.InvariantCulture,
            $"| {variant.Name} | {Accuracy(runs)} | {(isReference ? "" : Gap(gap))} | {variant.Bound?.ToString("F1", CultureInfo.InvariantCulture)} ")
            + string.Create(CultureInfo.InvariantCulture,
            $"| {(variant.Bound is { } bound ? Verdict(gap.IsWithin(bound)) : "")} | {Of(run => run.ForwardEvaluations):F1} | {Of(run => run.Residual):E1} ")
            + string.Create(CultureInfo.InvariantCulture,
            $"| {Of(run => run.BackwardEvaluations):F1} | {Of(run => run.StepMilliseconds):F0} |");
    }

    private static string Regularization(EstimatorResult[] with, EstimatorResult[] without)
    {
        PairedGap gap = PairedGap.Of(with, without);
        var text = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"""

            ## Jacobian regularization
            Both by the implicit gradient. Evaluations from zero to a relative residual of {HeldOutSolves.Tolerance} on held-out images at the trained weights, medians over seeds of the mean over images; an image that
            does not get there counts {HeldOutSolves.Limit}, the limit. Points of accuracy with regularization against without: {Gap(gap)}; at most {RegularizationBound:F1} below: {Verdict(gap.IsWithin(RegularizationBound))}.

            | method | evaluations with | converged % | without | converged % | with / without, median (each) | at most {EvaluationsBound:F1} |
            |---|--:|--:|--:|--:|--:|---|

            """));
        foreach (string method in HeldOutSolves.Methods)
        {
            SolveCount[] regular = Solves(with, method);
            SolveCount[] free = Solves(without, method);
            double[] ratios = [.. regular.Zip(free, (one, other) => one.Mean / other.Mean)];
            double ratio = PairedGap.Median(ratios);
            string each = string.Join(", ", ratios.Select(one => one.ToString("F2", CultureInfo.InvariantCulture)));
            text.AppendLine(string.Create(CultureInfo.InvariantCulture,
                $"| {method} | {Mean(regular):F1} | {Converged(regular):F0} | {Mean(free):F1} | {Converged(free):F0} | {ratio:F2} ({each}) | {Verdict(ratio <= EvaluationsBound)} |"));
        }

        return text.ToString();
    }

    private static SolveCount[] Solves(EstimatorResult[] runs, string method) =>
        [.. runs.OrderBy(run => run.Seed).Select(run => run.Solves.Single(count => count.Method == method))];

    private static double Mean(SolveCount[] counts) => PairedGap.Median(counts.Select(count => count.Mean));

    private static double Converged(SolveCount[] counts) => 100 * PairedGap.Median(counts.Select(count => count.ConvergedShare));

    private static string Accuracy(EstimatorResult[] runs)
    {
        IEnumerable<string> each = runs.OrderBy(run => run.Seed).Select(run => (100 * run.Accuracy).ToString("F1", CultureInfo.InvariantCulture));
        return string.Create(CultureInfo.InvariantCulture, $"{100 * PairedGap.Median(runs.Select(run => run.Accuracy)):F1} ({string.Join(", ", each)})");
    }

    private static string Gap(PairedGap gap) =>
        string.Create(CultureInfo.InvariantCulture, $"{gap.Points:+0.0;−0.0;0.0} ± {gap.StandardError:F1}{(gap.IsFinding ? "" : ", no finding")}");

    private static string Verdict(bool? holds) => holds is null ? "undecided" : holds.Value ? "yes" : "no";
}
