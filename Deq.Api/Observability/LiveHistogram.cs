namespace Deq.Api.Observability;

/// <summary>Counts values in fixed buckets. Any number of threads record, without a lock; a reading may miss what is being recorded.</summary>
/// <param name="bounds">Upper bounds of the buckets, ascending, inclusive; one more bucket holds what is larger.</param>
internal sealed class LiveHistogram(double[] bounds)
{
    private readonly long[] _counts = new long[bounds.Length + 1];
    private double _sum;

    /// <summary>Adds a value; NaN is left out.</summary>
    public void Record(double value)
    {
        if (double.IsNaN(value))
        {
            return;
        }

        int place = Array.BinarySearch(bounds, value);
        Interlocked.Increment(ref _counts[place >= 0 ? place : ~place]);
        if (double.IsFinite(value))
        {
            Add(value);
        }
    }

    /// <summary>Everything recorded so far.</summary>
    public HistogramReport Read()
    {
        long[] counts = [.. Enumerable.Range(0, _counts.Length).Select(i => Interlocked.Read(ref _counts[i]))];
        long total = counts.Sum();
        return new HistogramReport(
            total,
            total == 0 ? null : Volatile.Read(ref _sum) / total,
            Quantile(counts, total, 0.5),
            Quantile(counts, total, 0.9),
            Quantile(counts, total, 0.99),
            [.. counts.Select((count, i) => new BucketReport(i < bounds.Length ? bounds[i] : null, count)).Where(bucket => bucket.Count > 0)]);
    }

    /// <summary>Interpolated within its bucket, as Prometheus does; the largest bound where the bucket has none. Null without values.</summary>
    private double? Quantile(long[] counts, long total, double share)
    {
        if (total == 0)
        {
            return null;
        }

        double rank = share * total;
        long below = 0;
        for (int i = 0; i < bounds.Length; i++)
        {
            if (counts[i] > 0 && below + counts[i] >= rank)
            {
                double from = i == 0 ? 0 : bounds[i - 1];
                return from + ((bounds[i] - from) * Math.Max(0, rank - below) / counts[i]);
            }

            below += counts[i];
        }

        return bounds[^1];
    }

    private void Add(double value)
    {
        double before = Volatile.Read(ref _sum);
        while (Interlocked.CompareExchange(ref _sum, before + value, before) is double seen && !seen.Equals(before))
        {
            before = seen;
        }
    }
}

/// <summary>A histogram since the server started.</summary>
/// <param name="Count">Values recorded.</param>
/// <param name="Mean">Their mean; null without values.</param>
/// <param name="P50">The median, interpolated within its bucket; null without values.</param>
/// <param name="P90">The 90th percentile, likewise.</param>
/// <param name="P99">The 99th percentile, likewise.</param>
/// <param name="Buckets">Those buckets that hold values.</param>
internal sealed record HistogramReport(long Count, double? Mean, double? P50, double? P90, double? P99, IReadOnlyList<BucketReport> Buckets);

/// <summary>A bucket of a histogram.</summary>
/// <param name="Most">The largest value it takes; null in the last bucket, which takes everything larger than all bounds.</param>
/// <param name="Count">Values in it, not in those before.</param>
internal sealed record BucketReport(double? Most, long Count);
