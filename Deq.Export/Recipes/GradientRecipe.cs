namespace Deq.Export.Recipes;

/// <summary>How the loss's gradient gets through the equilibrium.</summary>
internal sealed record GradientRecipe
{
    /// <summary>A name in the catalogue of gradient estimators. Default <c>phantom-unrolled</c>: damped steps recorded from the solution.</summary>
    public string Kind { get; init; } = "phantom-unrolled";

    /// <summary>k of the phantom gradients, 1 to 50. Default 5.</summary>
    public int Steps { get; init; } = 5;

    /// <summary>Damping of a phantom step, in (0, 1], 1 is undamped. Default 0.5.</summary>
    public double Damping { get; init; } = 0.5;

    /// <summary>The largest relative residual of the adjoint solve that counts as converged, in (0, 1). Default 1e-3.</summary>
    public double Tolerance { get; init; } = 1e-3;

    /// <summary>Vector–Jacobian products of the adjoint solve, 1 to 1000. Default 12.</summary>
    public int MaxEvaluations { get; init; } = 12;

    /// <summary>The method of the adjoint solve; null, the default, is the forward solve's.</summary>
    public string? Method { get; init; }

    /// <summary>Whether an adjoint solve starts from the one before. Default false.</summary>
    public bool WarmStart { get; init; }

    /// <summary>The largest trusted ratio of the length of SHINE's adjoint to the cotangent's, in (1, 1000]. Default 1.3, the paper's.</summary>
    public double FallbackRatio { get; init; } = 1.3;

    /// <summary>Steps of the adjoint solve that continues from SHINE's adjoint, 0 to 50. Default 0.</summary>
    public int Refinements { get; init; }

    /// <summary>
    /// Whose estimate of the inverse SHINE shares: <c>broyden</c>, the default, or <c>adjoint-broyden</c>, with which the forward solve is by
    /// the adjoint Broyden method and makes a vector–Jacobian product per evaluation.
    /// </summary>
    public string Inverse { get; init; } = "broyden";

    /// <summary>Every so many steps the adjoint Broyden method makes an outer-problem-aware update, 0 to 100; 0, the default, never.</summary>
    public int OpaEvery { get; init; }

    /// <summary>The estimates of the inverse that recipes may name.</summary>
    internal static IReadOnlyList<string> Inverses { get; } = ["broyden", "adjoint-broyden"];

    /// <summary>Whether the gradient uses the inverse that the forward solve has estimated.</summary>
    internal bool SharesInverse => Kind == "shine";
}
