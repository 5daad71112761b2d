namespace Deq.Export.Recipes;

/// <summary>The forward solve in training.</summary>
public sealed record SolverRecipe
{
    /// <summary>A name in the catalogue of fixed-point methods. Default <c>anderson</c>.</summary>
    public string Method { get; init; } = "anderson";

    /// <summary>The largest relative residual that counts as converged, in (0, 1). Default 1e-3.</summary>
    public double Tolerance { get; init; } = 1e-3;

    /// <summary>Evaluations of the cell per image, 1 to 1000. Default 12.</summary>
    public int MaxEvaluations { get; init; } = 12;
}
