namespace Deq.Export.Tasks.Flow.Clips;

/// <summary>What warm starts are worth to a model, and whether the start decides where a solve ends.</summary>
internal sealed record ClipReport
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
/// <param name="Pairs">Every pair of every clip.</param>
internal sealed record ClipGroup(string Name, IReadOnlyList<ClipPairReport> Pairs)
{
    /// <summary>The counted pairs, summed up; null where none counts.</summary>
    public ClipSummary? Summary { get; } = ClipSummary.Of([.. Pairs.Where(pair => pair.IsCounted)]);
}

/// <summary>The counted pairs of clips.</summary>
internal sealed record ClipSummary
{
    /// <summary>How many pairs count.</summary>
    public required int Pairs { get; init; }

    /// <summary>The sum of the evaluations to the tolerance from cold.</summary>
    public required int ColdEvaluations { get; init; }

    /// <summary>The sum from where a stream starts.</summary>
    public required int WarmEvaluations { get; init; }

    /// <summary>The share of pairs that converged from cold, in [0, 1].</summary>
    public required double ColdConverged { get; init; }

    /// <summary>The share that converged from where a stream starts, in [0, 1].</summary>
    public required double WarmConverged { get; init; }

    /// <summary>Mean errors.</summary>
    public required ClipErrors Errors { get; init; }

    /// <summary>Sums up pairs; null of none.</summary>
    public static ClipSummary? Of(IReadOnlyList<ClipPairReport> pairs)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        return pairs.Count == 0 ? null : new ClipSummary
        {
            Pairs = pairs.Count,
            ColdEvaluations = pairs.Sum(pair => pair.Cold.Evaluations),
            WarmEvaluations = pairs.Sum(pair => pair.Warm.Evaluations),
            ColdConverged = pairs.Average(pair => pair.Cold.Converged ? 1.0 : 0),
            WarmConverged = pairs.Average(pair => pair.Warm.Converged ? 1.0 : 0),
            Errors = new ClipErrors(
                pairs.Average(pair => pair.Cold.Error),
                pairs.Average(pair => pair.Warm.Error),
                pairs.Average(pair => pair.Cold.Distance),
                pairs.Average(pair => pair.Warm.Distance)),
        };
    }
}

/// <summary>Mean errors of pairs from both starts.</summary>
/// <param name="Cold">Endpoint error, pixels, over pairs of known truth; null where there is none.</param>
/// <param name="Warm">The same from where a stream starts.</param>
/// <param name="ColdDistance">Mean distance to where the cold solve settles, pixels, over all pairs.</param>
/// <param name="WarmDistance">The same from where a stream starts.</param>
internal sealed record ClipErrors(double? Cold, double? Warm, double ColdDistance, double WarmDistance)
{
    /// <summary>How much larger the warm error is, as a share of the cold one; null without truth.</summary>
    public double? Loss => (Warm / Cold) - 1;
}
