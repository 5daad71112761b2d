namespace Deq.Runtime.Scheduling;

/// <summary>Several places where a solve may start, and when to take which.</summary>
/// <remarks>
/// A candidate that is tried costs one evaluation. The one that is gone on with is not tried in vain: its evaluation is the first of the solve.
/// A row that meets its tolerance, or spends its budget, while candidates are tried ends there.
/// </remarks>
public sealed record StartPlan
{
    /// <summary>States <c>[StateWidth]</c> in the order of trust, at least one; empty is the cold start. Held until the request is answered.</summary>
    public required IReadOnlyList<ReadOnlyMemory<float>> Candidates { get; init; }

    /// <summary>
    /// A candidate of at most this residual is gone on with at once, in the residual's own unit; where none is so small, the smallest wins. Default 0:
    /// all are tried.
    /// </summary>
    public double SureBelow { get; init; }
}

/// <summary>Which start a solve went on from, and what finding it took.</summary>
/// <param name="Candidate">Its place among the candidates.</param>
/// <param name="Residuals">The residual at each candidate that was tried, in their order, at least one; infinite where it was not finite.</param>
public sealed record ChosenStart(int Candidate, IReadOnlyList<double> Residuals);
