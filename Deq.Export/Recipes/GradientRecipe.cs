namespace Deq.Export.Recipes;

/// <summary>How the loss's gradient gets through the equilibrium.</summary>
public sealed record GradientRecipe
{
    /// <summary><c>phantom-unrolled</c>, the default: damped steps recorded from the solution. <c>implicit</c>: the adjoint fixed point.</summary>
    public string Kind { get; init; } = "phantom-unrolled";

    /// <summary>Steps recorded by the phantom gradient, 1 to 50. Default 5.</summary>
    public int Steps { get; init; } = 5;

    /// <summary>Damping of a phantom step, in (0, 1], 1 is undamped. Default 0.5.</summary>
    public double Damping { get; init; } = 0.5;

    /// <summary>The largest relative residual of the adjoint solve that counts as converged, in (0, 1). Default 1e-3.</summary>
    public double Tolerance { get; init; } = 1e-3;

    /// <summary>Vector–Jacobian products of the adjoint solve, 1 to 1000. Default 12.</summary>
    public int MaxEvaluations { get; init; } = 12;
}
