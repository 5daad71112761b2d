namespace Deq.Benchmarks.Serving;

/// <summary>Quantiles of measured numbers.</summary>
internal static class Quantiles
{
    /// <summary>The smallest number that at least so many of the numbers do not pass; NaN of none.</summary>
    /// <param name="numbers">In any order.</param>
    /// <param name="share">0 to 1.</param>
    public static double Of(IEnumerable<double> numbers, double share)
    {
        double[] sorted = [.. numbers.Order()];
        return sorted.Length == 0 ? double.NaN : sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Length) - 1, 0, sorted.Length - 1)];
    }
}
