namespace Deq.Runtime.Scheduling.Layouts;

/// <summary>How an engine spreads rows over threads.</summary>
/// <param name="Threads">Dedicated threads, each with its own lane through the model, at least 1.</param>
/// <param name="RowsPerThread">Rows that one of them evaluates together, at least 1.</param>
/// <param name="IntraOpThreads">Threads that share one run of a graph, at least 1.</param>
public sealed record EngineLayout(int Threads, int RowsPerThread, int IntraOpThreads);

/// <summary>What a layout was measured to cost with all its threads busy.</summary>
/// <param name="Layout">The layout.</param>
/// <param name="MillisecondsPerEvaluation">What one call of f for all rows of a thread takes, while the other threads do the same.</param>
/// <param name="MillisecondsPerRow">The engine's time per row's evaluation: the above, divided by threads and by rows per thread.</param>
public sealed record LayoutCost(EngineLayout Layout, double MillisecondsPerEvaluation, double MillisecondsPerRow);

/// <summary>The layout that an engine runs, and why.</summary>
/// <param name="Layout">What it runs.</param>
/// <param name="Measured">What was measured; empty when the layout was given.</param>
/// <param name="IsFromCache">Whether the measurements are of an earlier start.</param>
public sealed record EngineProfile(EngineLayout Layout, IReadOnlyList<LayoutCost> Measured, bool IsFromCache)
{
    /// <summary>Whether measurements were kept that cannot be used, so that others were made.</summary>
    public bool IsCacheDoubted { get; init; }
}
