namespace Deq.Export.Recipes;

/// <summary>How a model's equilibrium is trained: what the sections that models of any task share say of a step.</summary>
internal sealed record EquilibriumRecipe
{
    /// <summary>Decides every random draw.</summary>
    public required int Seed { get; init; }

    /// <summary>The forward solve.</summary>
    public required SolverRecipe Solver { get; init; }

    /// <summary>How the loss's gradient gets through the equilibrium.</summary>
    public required GradientRecipe Gradient { get; init; }

    /// <summary>The penalty on the cell's Jacobian; null for none.</summary>
    public required JacobianRecipe? JacobianRegularization { get; init; }

    /// <summary>The loss at states on the way to the solution; null for none.</summary>
    public required CorrectionRecipe? Correction { get; init; }

    /// <summary>The training loop.</summary>
    public required LoopRecipe Training { get; init; }
}
