namespace Deq.Export.Recipes;

/// <summary>The penalty on the squared Frobenius norm of the cell's Jacobian at the solution, per entry of the state.</summary>
/// <remarks>Hutchinson's estimate. Source: Bai, Koltun, Kolter, "Stabilizing equilibrium models by Jacobian regularization" (2021).</remarks>
internal sealed record JacobianRecipe
{
    /// <summary>Factor of the penalty in the loss, above 0 and at most 100.</summary>
    public required double Weight { get; init; }

    /// <summary>Probability that a step carries the penalty, in (0, 1]. Default 1.</summary>
    public double Probability { get; init; } = 1;

    /// <summary>Random directions per estimate, 1 to 8. Default 1.</summary>
    public int Samples { get; init; } = 1;

    /// <summary>Factor from <see cref="LaterFromEpoch"/> on, 0 to 100; null keeps <see cref="Weight"/>. Default null.</summary>
    public double? LaterWeight { get; init; }

    /// <summary>The first epoch, counted from 1, with the later factor. Default 1.</summary>
    public int LaterFromEpoch { get; init; } = 1;

    /// <summary>Where J is taken: <c>solution</c>, the default, or <c>trajectory</c>, after a random evaluation on the way there.</summary>
    public string At { get; init; } = "solution";

    /// <summary>The factor in an epoch.</summary>
    /// <param name="epoch">From 1.</param>
    public double WeightAt(int epoch) => LaterWeight is { } later && epoch >= LaterFromEpoch ? later : Weight;
}
