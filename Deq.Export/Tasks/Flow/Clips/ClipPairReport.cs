namespace Deq.Export.Tasks.Flow.Clips;

/// <summary>One pair of a clip, from cold and from the state of the pair before, carried in one way.</summary>
public sealed record ClipPairReport
{
    /// <summary>The clip's name.</summary>
    public required string Clip { get; init; }

    /// <summary>Which pair, from 0.</summary>
    public required int Pair { get; init; }

    /// <summary>How the state was carried.</summary>
    public required string Rule { get; init; }

    /// <summary>Whether the pair counts in tables; the first of a clip, which must be cold, does not.</summary>
    public required bool IsCounted { get; init; }

    /// <summary>To the tolerance, from cold.</summary>
    public required ClipAnswer Cold { get; init; }

    /// <summary>To the same tolerance, from the carried state; from cold where there was none.</summary>
    public required ClipAnswer Warm { get; init; }

    /// <summary>At fixed small budgets; each budget's states are carried on among themselves.</summary>
    public required IReadOnlyList<ClipBudgetReport> Budgets { get; init; }
}

/// <summary>Both starts at a fixed budget.</summary>
/// <param name="Budget">Evaluations.</param>
/// <param name="Cold">From cold.</param>
/// <param name="Warm">From the carried state.</param>
public sealed record ClipBudgetReport(int Budget, ClipAnswer Cold, ClipAnswer Warm);

/// <summary>One answer.</summary>
/// <param name="Evaluations">Made.</param>
/// <param name="Residual">Pixels.</param>
/// <param name="Converged">Whether the tolerance was met.</param>
/// <param name="Error">Endpoint error, pixels; null without truth.</param>
/// <param name="Distance">Mean distance to where the cold solve settles, pixels.</param>
public sealed record ClipAnswer(int Evaluations, double Residual, bool Converged, double? Error, double Distance);
