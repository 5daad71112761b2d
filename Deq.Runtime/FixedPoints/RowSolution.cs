namespace Deq.Runtime.FixedPoints;

/// <summary>How one row's solve ended.</summary>
/// <param name="Stop">Why it ended.</param>
/// <param name="Evaluations">Evaluations of f made for this row (NFE), counting the last.</param>
/// <param name="Residual">
/// At the iterate that is returned: ‖f(z) − z‖ / (‖f(z)‖ + ε), or of a flow estimator pixels; infinite when no iterate was finite.
/// </param>
/// <param name="HasFiniteState">Whether any evaluation gave a finite f(z). False only when every one diverged.</param>
public sealed record RowSolution(StopReason Stop, int Evaluations, double Residual, bool HasFiniteState)
{
    /// <summary>Whether the tolerance was met. A small residual does not prove the answer right or the fixed point unique.</summary>
    public bool Converged => Stop == StopReason.Tolerance;

    /// <summary>What the residual of a flow estimator is the larger of; null of other models and when no iterate was finite.</summary>
    public ResidualParts? Parts { get; init; }
}

/// <summary>The two parts of a flow estimator's residual.</summary>
/// <param name="FlowPixels">Mean length of the flow's change over the last evaluation, pixels.</param>
/// <param name="HiddenChange">‖Δh‖/‖h‖ over the last evaluation.</param>
public sealed record ResidualParts(double FlowPixels, double HiddenChange);
