namespace Deq.Export.Tasks.Flow.Clips;

/// <summary>What warm starts are worth to a model: clips by every rule, and whether the start decides where a solve ends.</summary>
public sealed record ClipReport
{
    /// <summary>The model's name.</summary>
    public required string Model { get; init; }

    /// <summary>The residual that counts as converged, pixels.</summary>
    public required double Tolerance { get; init; }

    /// <summary>The default budget, evaluations.</summary>
    public required int MaxEvaluations { get; init; }

    /// <summary>After how many evaluations a solve counts as settled.</summary>
    public required int SettlingEvaluations { get; init; }

    /// <summary>Groups of clips, measured.</summary>
    public required IReadOnlyList<ClipGroup> Groups { get; init; }

    /// <summary>Ends of solves from several starts.</summary>
    public required StartReport Starts { get; init; }
}

/// <summary>Clips of one kind.</summary>
/// <param name="Name">In tables.</param>
/// <param name="Pairs">Every pair of every clip by every rule.</param>
public sealed record ClipGroup(string Name, IReadOnlyList<ClipPairReport> Pairs)
{
    /// <summary>The counted pairs of each rule, summed up, in the order of the rules.</summary>
    public IReadOnlyList<ClipSummary> Summaries { get; } =
        [.. Pairs.Where(pair => pair.IsCounted).GroupBy(pair => pair.Rule).Select(rule => ClipSummary.Of(rule.Key, [.. rule]))];
}

/// <summary>The counted pairs of clips by one rule.</summary>
public sealed record ClipSummary
{
    /// <summary>How states were carried.</summary>
    public required string Rule { get; init; }

    /// <summary>How many pairs count.</summary>
    public required int Pairs { get; init; }

    /// <summary>The median of the evaluations to the tolerance from cold.</summary>
    public required double ColdEvaluations { get; init; }

    /// <summary>The median from the carried state.</summary>
    public required double WarmEvaluations { get; init; }

    /// <summary>The median over pairs of warm against cold.</summary>
    public required double EvaluationsRatio { get; init; }

    /// <summary>The share of pairs that converged from cold, in [0, 1].</summary>
    public required double ColdConverged { get; init; }

    /// <summary>The share that converged from the carried state, in [0, 1].</summary>
    public required double WarmConverged { get; init; }

    /// <summary>Mean errors to the tolerance.</summary>
    public required ClipErrors Errors { get; init; }

    /// <summary>Mean errors at each small budget, fewest first.</summary>
    public required IReadOnlyList<ClipErrors> Budgets { get; init; }

    /// <summary>Sums up pairs.</summary>
    /// <param name="rule">How their states were carried.</param>
    /// <param name="pairs">At least one.</param>
    public static ClipSummary Of(string rule, IReadOnlyList<ClipPairReport> pairs)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        return new ClipSummary
        {
            Rule = rule,
            Pairs = pairs.Count,
            ColdEvaluations = Median(pairs.Select(pair => (double)pair.Cold.Evaluations)),
            WarmEvaluations = Median(pairs.Select(pair => (double)pair.Warm.Evaluations)),
            EvaluationsRatio = Median(pairs.Select(pair => (double)pair.Warm.Evaluations / pair.Cold.Evaluations)),
            ColdConverged = pairs.Average(pair => pair.Cold.Converged ? 1.0 : 0),
            WarmConverged = pairs.Average(pair => pair.Warm.Converged ? 1.0 : 0),
            Errors = ClipErrors.Of(pairs.Select(pair => (pair.Cold, pair.Warm))),
            Budgets = [.. Enumerable.Range(0, pairs[0].Budgets.Count).Select(i => ClipErrors.Of(pairs.Select(pair => (pair.Budgets[i].Cold, pair.Budgets[i].Warm))))],
        };
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}

/// <summary>Mean errors of pairs from both starts.</summary>
/// <param name="Cold">Endpoint error, pixels, over pairs of known truth; null where there is none.</param>
/// <param name="Warm">The same from the carried state.</param>
/// <param name="ColdDistance">Mean distance to where the cold solve settles, pixels, over all pairs.</param>
/// <param name="WarmDistance">The same from the carried state.</param>
public sealed record ClipErrors(double? Cold, double? Warm, double ColdDistance, double WarmDistance)
{
    /// <summary>How much larger the warm error is, as a share of the cold one; null without truth.</summary>
    public double? Loss => (Warm / Cold) - 1;

    /// <summary>Means over pairs.</summary>
    public static ClipErrors Of(IEnumerable<(ClipAnswer Cold, ClipAnswer Warm)> pairs)
    {
        (ClipAnswer Cold, ClipAnswer Warm)[] all = [.. pairs];
        return new ClipErrors(
            all.Average(pair => pair.Cold.Error), all.Average(pair => pair.Warm.Error), all.Average(pair => pair.Cold.Distance), all.Average(pair => pair.Warm.Distance));
    }
}
