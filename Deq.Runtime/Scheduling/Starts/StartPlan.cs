namespace Deq.Runtime.Scheduling.Starts;

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
    /// A candidate from which an evaluation moves the answer by at most this is gone on with at once; where none is so near, the smallest residual wins.
    /// Of a flow it is the mean change in pixels, otherwise the residual. Default 0: all are tried.
    /// </summary>
    public double SureBelow { get; init; }

    /// <summary>
    /// The candidate of the smallest residual is only gone on with where an evaluation moves its answer by at most this share of what it moves the last
    /// candidate's; otherwise the last is. A state of another scene can have a small residual, since much of it needs no change, and be far from the
    /// answer all the same. Default: no bound.
    /// </summary>
    public double MostOfLast { get; init; } = double.PositiveInfinity;

    /// <summary>
    /// A candidate before the last is only gone on with where an evaluation changes it by at most this: of a flow the relative change of h, otherwise the
    /// residual. From a state that changes hardly less than a cold start a solve takes as long, and may end elsewhere. Default: no bound.
    /// </summary>
    public double MostChange { get; init; } = double.PositiveInfinity;
}

/// <summary>Which start a solve went on from, and what finding it took.</summary>
/// <param name="Candidate">Its place among the candidates.</param>
/// <param name="Residuals">The residual at each candidate that was tried, in their order, at least one; infinite where it was not finite.</param>
public sealed record ChosenStart(int Candidate, IReadOnlyList<double> Residuals);
