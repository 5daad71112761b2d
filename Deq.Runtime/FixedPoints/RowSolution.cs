namespace Deq.Runtime.FixedPoints;

/// <summary>How one row's solve ended.</summary>
/// <param name="Stop">Why it ended.</param>
/// <param name="Evaluations">Evaluations of f made for this row (NFE), counting the last.</param>
/// <param name="Residual">‖f(z) − z‖ / (‖f(z)‖ + ε) at the iterate that is returned; infinite when no iterate was finite.</param>
/// <param name="HasFiniteState">Whether any evaluation gave a finite f(z). False only when every one diverged.</param>
public sealed record RowSolution(StopReason Stop, int Evaluations, double Residual, bool HasFiniteState)
{
    /// <summary>Whether the tolerance was met. A small residual does not prove the answer right or the fixed point unique.</summary>
    public bool Converged => Stop == StopReason.Tolerance;
}
