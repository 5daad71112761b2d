namespace Deq.Benchmarks.Estimators;

/// <summary>How far two variants lie apart over the same seeds, in points of accuracy; what both owe to a seed cancels.</summary>
/// <param name="Points">Median over seeds; negative where the variant is worse.</param>
/// <param name="StandardError">Of the mean difference: the standard deviation over seeds (n − 1) / √n; NaN for one seed.</param>
internal sealed record PairedGap(double Points, double StandardError)
{
    /// <summary>Whether it is larger than its standard error: one that is not is no finding.</summary>
    public bool IsFinding => Math.Abs(Points) > StandardError;

    /// <summary>Compares run by run.</summary>
    /// <param name="runs">The variant's, in any order.</param>
    /// <param name="reference">The other's: the same seeds.</param>
    /// <exception cref="ArgumentException">The seeds differ.</exception>
    public static PairedGap Of(IEnumerable<EstimatorResult> runs, IEnumerable<EstimatorResult> reference)
    {
        EstimatorResult[] mine = [.. runs.OrderBy(run => run.Seed)];
        EstimatorResult[] its = [.. reference.OrderBy(run => run.Seed)];
        if (!mine.Select(run => run.Seed).SequenceEqual(its.Select(run => run.Seed)))
        {
            throw new ArgumentException("Both sides need runs of the same seeds.", nameof(reference));
        }

        double[] gaps = [.. mine.Zip(its, (one, other) => 100 * (one.Accuracy - other.Accuracy))];
        double mean = gaps.Average();
        double variance = gaps.Sum(gap => (gap - mean) * (gap - mean)) / (gaps.Length - 1);
        return new PairedGap(Median(gaps), Math.Sqrt(variance / gaps.Length));
    }

    /// <summary>Whether the variant is at most so many points worse; null where the standard error is too large to tell.</summary>
    public bool? IsWithin(double bound) => Math.Abs(Points + bound) <= StandardError ? null : Points > -bound;

    /// <summary>The middle number, or the mean of the middle two.</summary>
    /// <param name="values">At least one.</param>
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
