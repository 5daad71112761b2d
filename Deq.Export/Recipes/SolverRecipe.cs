namespace Deq.Export.Recipes;

/// <summary>The forward solve in training.</summary>
internal sealed record SolverRecipe
{
    /// <summary>A name in the catalogue of fixed-point methods. Default <c>anderson</c>.</summary>
    public string Method { get; init; } = "anderson";

    /// <summary>The largest relative residual that counts as converged, in (0, 1). Default 1e-3.</summary>
    public double Tolerance { get; init; } = 1e-3;

    /// <summary>Evaluations of the cell per row, 1 to 1000. Default 12.</summary>
    public int MaxEvaluations { get; init; } = 12;

    /// <summary>
    /// The least evaluations, 1 to <see cref="MaxEvaluations"/>: each step draws its budget between the two, so that the cell learns not to
    /// count on one. Null, the default, always grants the most.
    /// </summary>
    public int? MinEvaluations { get; init; }

    /// <summary>
    /// z₀: <c>zeros</c>, the default; <c>noise</c>, standard normals; <c>mixed</c>, half of each mini-batch either way. Both others teach
    /// the cell one fixed point whatever the start. Source: Anil and others, "Path independent equilibrium models", NeurIPS 2022, section 5.
    /// </summary>
    public string Start { get; init; } = "zeros";
}
