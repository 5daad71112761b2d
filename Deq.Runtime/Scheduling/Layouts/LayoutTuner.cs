using Deq.Runtime.Scheduling.Engine;

namespace Deq.Runtime.Scheduling.Layouts;

/// <summary>Measures what one evaluation of f takes in a layout with all its threads busy.</summary>
/// <param name="layout">The layout.</param>
/// <param name="time">How long to measure; at least one evaluation of each thread is.</param>
/// <returns>Milliseconds.</returns>
/// <exception cref="TimeoutException">It takes too long to be measured.</exception>
internal delegate double MeasureEvaluation(EngineLayout layout, TimeSpan time);

/// <summary>Chooses an engine's layout by what f costs in several.</summary>
/// <remarks>
/// A layout is a split of the processors into threads of the engine and threads within a run of a graph, and a number of rows per thread:
/// 1, 2, 4, … as long as that makes a row at least 5 % cheaper. The one of highest throughput wins; among those within 5 % of it the one
/// whose evaluation is shortest, because rows then join, leave and meet their deadlines sooner.
/// </remarks>
internal static class LayoutTuner
{
    /// <summary>The most rows that are tried where the options do not say how many.</summary>
    private const int MostRows = 64;
    private const int RowsAlwaysMeasured = 4;
    private const double WorthWhile = 0.95;

    /// <summary>Times that an evaluation may take what an earlier start measured; other programs may run meanwhile.</summary>
    private const double MostSlower = 4;

    /// <summary>Times that it may be faster: where it is more, other programs ran when that was measured, and layouts compared then say little.</summary>
    private const double MostFaster = 1.5;

    /// <summary>One measurement may take this share of the time for all.</summary>
    private const double Slice = 1.0 / 16;

    /// <summary>The given layout, or the best of those measured now or at an earlier start.</summary>
    public static EngineProfile Choose(EngineOptions options, int processors, LayoutCache cache, MeasureEvaluation measure, TimeProvider clock)
    {
        if (options is { Threads: not null, RowsPerThread: not null })
        {
            return Given(options, processors);
        }

        IReadOnlyList<LayoutCost>? known = cache.Read();
        IReadOnlyList<LayoutCost> fitting = [.. (known ?? []).Where(cost => Fits(cost.Layout, options))];
        if (fitting.Count > 0 && Best(fitting, options.EvaluationWithin) is var best && IsStillSo(fitting.First(cost => cost.Layout == best), options, measure))
        {
            return new EngineProfile(best, fitting, IsFromCache: true);
        }

        IReadOnlyList<LayoutCost> measured = Measure(options, processors, measure, clock);
        cache.Write(measured);
        return new EngineProfile(Best(measured, options.EvaluationWithin), measured, IsFromCache: false);
    }

    /// <summary>The layout of the options, without measuring: one thread per processor with four rows where they do not say.</summary>
    public static EngineProfile Given(EngineOptions options, int processors) => new(
        new EngineLayout(options.Threads ?? Math.Clamp(processors, 1, EngineOptions.Most), options.RowsPerThread ?? 4, options.IntraOpThreads ?? 1),
        [],
        IsFromCache: false);

    /// <summary>Whether the layout costs about what an earlier start measured: that file may be wrong, and deadlines are promised by it.</summary>
    private static bool IsStillSo(LayoutCost known, EngineOptions options, MeasureEvaluation measure)
    {
        return TryMeasure(known.Layout, options, measure) is { } now && now <= known.MillisecondsPerEvaluation * MostSlower && known.MillisecondsPerEvaluation <= now * MostFaster;
    }

    private static bool Fits(EngineLayout layout, EngineOptions options) =>
        (options.Threads ?? layout.Threads) == layout.Threads
        && (options.RowsPerThread ?? layout.RowsPerThread) == layout.RowsPerThread
        && (options.IntraOpThreads ?? layout.IntraOpThreads) == layout.IntraOpThreads;

    private static EngineLayout Best(IReadOnlyList<LayoutCost> costs, TimeSpan? within)
    {
        LayoutCost[] quick = [.. costs.Where(cost => within is null || cost.MillisecondsPerEvaluation <= within.Value.TotalMilliseconds)];
        if (quick.Length == 0)
        {
            return costs.MinBy(cost => cost.MillisecondsPerEvaluation)!.Layout;
        }

        double least = quick.Min(cost => cost.MillisecondsPerRow);
        return quick.Where(cost => cost.MillisecondsPerRow * WorthWhile <= least).MinBy(cost => cost.MillisecondsPerEvaluation)!.Layout;
    }

    private static List<LayoutCost> Measure(EngineOptions options, int processors, MeasureEvaluation measure, TimeProvider clock)
    {
        long begun = clock.GetTimestamp();
        var costs = new List<LayoutCost>();
        List<EngineLayout> splits = Splits(options, processors);
        int mostRows = Math.Max(MostRows, options.RowsPerThread ?? 1);
        for (int rows = options.RowsPerThread ?? 1; rows <= mostRows && splits.Count > 0; rows *= 2)
        {
            foreach (EngineLayout split in splits.ToArray())
            {
                // What more rows take to run stays with the session: a small container has no room to try them.
                if (costs.Count > 0 && (clock.GetElapsedTime(begun) >= options.MeasureFor || Environment.WorkingSet > options.Memory.Limit))
                {
                    return costs;
                }

                EngineLayout layout = split with { RowsPerThread = rows };
                if ((costs.Count == 0 ? measure(layout, options.MeasureFor * Slice) : TryMeasure(layout, options, measure)) is not { } milliseconds)
                {
                    return costs;
                }

                costs.Add(new LayoutCost(layout, milliseconds, milliseconds / (layout.Threads * rows)));
                if (options.RowsPerThread is not null || (rows >= RowsAlwaysMeasured && !IsWorthWhile(costs, layout)))
                {
                    splits.Remove(split);
                }
            }
        }

        return costs;
    }

    /// <summary>What an evaluation takes; null where that is too long to be measured.</summary>
    private static double? TryMeasure(EngineLayout layout, EngineOptions options, MeasureEvaluation measure)
    {
        try
        {
            return measure(layout, options.MeasureFor * Slice);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    /// <summary>
    /// The ways to use all processors: many threads of the engine with few of a graph's each, or the other way round. Where the threads of
    /// a graph are given, as on an accelerator, which has none, a single thread of the engine may also be enough.
    /// </summary>
    private static List<EngineLayout> Splits(EngineOptions options, int processors)
    {
        processors = Math.Clamp(processors, 1, EngineOptions.Most);
        IEnumerable<int> intraOp = options.IntraOpThreads is { } given
            ? [given]
            : Enumerable.Range(0, 31).Select(power => 1 << power).TakeWhile(threads => threads < processors).Append(processors);
        IEnumerable<EngineLayout> splits = intraOp.Select(threads => new EngineLayout(options.Threads ?? Math.Max(1, processors / threads), 1, threads));
        IEnumerable<EngineLayout> single = options is { IntraOpThreads: { } each, Threads: null } ? [new EngineLayout(1, 1, each)] : [];
        return [.. splits.Concat(single).Distinct()];
    }

    /// <summary>Whether the rows of a layout are cheaper than with half as many.</summary>
    private static bool IsWorthWhile(List<LayoutCost> costs, EngineLayout layout)
    {
        EngineLayout half = layout with { RowsPerThread = layout.RowsPerThread / 2 };
        return costs[^1].MillisecondsPerRow < WorthWhile * costs.Last(cost => cost.Layout == half).MillisecondsPerRow;
    }
}
