namespace Deq.Runtime.Scheduling.Starts;

/// <summary>Several places where a solve may start; the one of the smallest residual is taken.</summary>
/// <remarks>
/// A candidate that is tried costs one evaluation. That of the candidate that is taken is not lost: it is the first evaluation of the solve.
/// A row that meets its tolerance, or spends its budget, while candidates are tried ends there.
/// </remarks>
public sealed record StartPlan
{
    /// <summary>States <c>[StateWidth]</c> in the order in which they are tried, at least one; empty is the cold start. Held until the request is answered.</summary>
    public required IReadOnlyList<ReadOnlyMemory<float>> Candidates { get; init; }
}

/// <summary>Which start a solve continued from, and what finding it took.</summary>
/// <param name="Candidate">Its place among the candidates.</param>
/// <param name="Residuals">The residual at each candidate that was tried, in their order, at least one; infinite where it was not finite.</param>
public sealed record ChosenStart(int Candidate, IReadOnlyList<double> Residuals);
