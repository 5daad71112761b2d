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
        bool isDoubted = known is not null && !IsOfTuning(known, options, processors);
        if (known is not null && !isDoubted && Best(known, options.EvaluationWithin) is var best && IsStillSo(known.First(cost => cost.Layout == best), options, measure))
        {
            return new EngineProfile(best, known, IsFromCache: true);
        }

        IReadOnlyList<LayoutCost> measured = Measure(options, processors, measure, clock);
        if (IsOfTuning(measured, options, processors))
        {
            cache.Write(measured);
        }

        return new EngineProfile(Best(measured, options.EvaluationWithin), measured, IsFromCache: false) { IsCacheDoubted = isDoubted };
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

    /// <summary>
    /// Whether measuring would have tried these layouts, in this order, and none besides by what they cost: a file that was written by other hands could keep a slow layout
    /// for good, or one that no machine has room for. Time may have ended it early, but of one layout alone nothing is learnt, and measuring takes no longer than looking again.
    /// </summary>
    private static bool IsOfTuning(IReadOnlyList<LayoutCost> known, EngineOptions options, int processors)
    {
        bool isCutShort = false;
        List<LayoutCost> again = Walk(options, processors, CostOf);
        return again.SequenceEqual(known) && known.Count > (isCutShort ? 1 : 0);

        double? CostOf(EngineLayout layout, int place)
        {
            isCutShort = place == known.Count;
            return !isCutShort && known[place].Layout == layout ? known[place].MillisecondsPerEvaluation : null;
        }
    }

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
        return Walk(options, processors, CostOf);

        // What more rows take to run stays with the session: a small container has no room to try them.
        double? CostOf(EngineLayout layout, int place) => place == 0 ? measure(layout, options.MeasureFor * Slice)
            : clock.GetElapsedTime(begun) >= options.MeasureFor || Environment.WorkingSet > options.Memory.Limit ? null
            : TryMeasure(layout, options, measure);
    }

    /// <summary>The costs of layouts, one after the other: what those so far cost decides which come next.</summary>
    /// <param name="options">Which layouts are left open.</param>
    /// <param name="processors">To be split.</param>
    /// <param name="costOf">Milliseconds per evaluation of a layout, given how many came before it; null ends the walk.</param>
    private static List<LayoutCost> Walk(EngineOptions options, int processors, Func<EngineLayout, int, double?> costOf)
    {
        var costs = new List<LayoutCost>();
        List<EngineLayout> splits = Splits(options, processors);
        int mostRows = Math.Max(MostRows, options.RowsPerThread ?? 1);
        for (int rows = options.RowsPerThread ?? 1; rows <= mostRows && splits.Count > 0; rows *= 2)
        {
            foreach (EngineLayout split in splits.ToArray())
            {
                EngineLayout layout = split with { RowsPerThread = rows };
                if (costOf(layout, costs.Count) is not { } milliseconds)
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
