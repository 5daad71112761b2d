namespace Deq.Runtime.FixedPoints;

/// <summary>How one row's solve ended.</summary>
/// <param name="Stop">Why it ended.</param>
/// <param name="Evaluations">Evaluations of f made for this row (NFE), counting the last.</param>
/// <param name="Residual">
/// At the iterate that is returned: ‖f(z) − z‖ / (‖f(z)‖ + ε), or in the unit of the task's residual; infinite when no iterate was finite.
/// </param>
/// <param name="HasFiniteState">Whether any evaluation gave a finite f(z). False only when every one diverged.</param>
public sealed record RowSolution(StopReason Stop, int Evaluations, double Residual, bool HasFiniteState)
{
    /// <summary>Whether the tolerance was met. A small residual does not prove the answer right or the fixed point unique.</summary>
    public bool Converged => Stop == StopReason.Tolerance;

    /// <summary>How often the row began again from another place because its answer was refused. Default 0.</summary>
    public int Restarts { get; init; }

    /// <summary>The parts of the residual; null where it has none and when no iterate was finite.</summary>
    public ResidualParts? Parts { get; init; }

    /// <summary>Evaluations after which the states repeat, at least 1; null unless <see cref="Stop"/> is <see cref="StopReason.Cycle"/>.</summary>
    public int? Period { get; init; }
}

/// <summary>The two parts of a residual, over the evaluation of the iterate that is returned.</summary>
/// <param name="Names"><see cref="IResidual.Parts"/>.</param>
/// <param name="First"><see cref="RowResidual.First"/>.</param>
/// <param name="Second"><see cref="RowResidual.Second"/>.</param>
public sealed record ResidualParts(IReadOnlyList<string> Names, double First, double Second);
