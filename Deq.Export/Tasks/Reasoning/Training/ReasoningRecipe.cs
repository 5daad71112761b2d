using Deq.Export.Recipes;
using Deq.Export.Tasks.Reasoning.Architectures;
using Deq.Export.Tasks.Reasoning.Puzzles;

namespace Deq.Export.Tasks.Reasoning.Training;

/// <summary>Everything a training run of a reasoner is decided by.</summary>
internal sealed record ReasoningRecipe
{
    /// <summary>The bundle's name.</summary>
    public required string Name { get; init; }

    /// <summary>The model's own version. Default 1.0.0.</summary>
    public string Version { get; init; } = "1.0.0";

    /// <summary>One sentence for people. Default empty.</summary>
    public string Description { get; init; } = "";

    /// <summary>Decides initial weights and every draw, at least 0. Default 0.</summary>
    public int Seed { get; init; }

    /// <summary>What is trained on. Batches are drawn from the entries in turn.</summary>
    public required IReadOnlyList<PuzzleRecipe> Puzzles { get; init; }

    /// <summary>The cell.</summary>
    public required ReasonerRecipe Architecture { get; init; }

    /// <summary>Starts and budgets in training.</summary>
    public ReasoningSolveRecipe Solve { get; init; } = new();

    /// <summary>What moves the weights.</summary>
    public required OptimizerRecipe Optimizer { get; init; }

    /// <summary>How the learning rate changes over the run.</summary>
    public ScheduleRecipe Schedule { get; init; } = new();

    /// <summary>The loop.</summary>
    public required ReasoningLoopRecipe Training { get; init; }

    /// <summary>What each validation solves.</summary>
    public required IReadOnlyList<ReasoningTestRecipe> Validation { get; init; }

    /// <summary>What the bundle offers.</summary>
    public required ReasoningServingRecipe Serving { get; init; }
}

/// <summary>Where training solves start and how far they go.</summary>
/// <remarks>
/// Mixed starts and budgets that vary are what makes the end independent of the start: Anil and others, "Path independent equilibrium models can
/// better exploit test-time computation" (2022). A control has one start and one budget: a zero share of 1 and equal bounds.
/// </remarks>
internal sealed record ReasoningSolveRecipe
{
    /// <summary>The share of rows that start from zero, in [0, 1]; the others start from noise. Default 0.5.</summary>
    public double ZeroShare { get; init; } = 0.5;

    /// <summary>
    /// The share of rows that start where solves of the previous batch ended, in [0, 1 − <see cref="ZeroShare"/>]: ends of other puzzles. Noise takes
    /// their place where the previous batch had another shape. Default 0.
    /// </summary>
    public double OthersShare { get; init; }

    /// <summary>Standard deviation of that noise, above 0. Default 1.</summary>
    public double Noise { get; init; } = 1;

    /// <summary>Standard deviation of noise that is added to the state after each evaluation without gradient, at least 0. Default 0.</summary>
    public double StateNoise { get; init; }

    /// <summary>The fewest evaluations without gradient. Default 0.</summary>
    public int FewestFree { get; init; }

    /// <summary>The most at the start of the run. Default 8.</summary>
    public int MostFreeAtFirst { get; init; } = 8;

    /// <summary>The most at its end; between, the bound grows evenly. Default 16.</summary>
    public int MostFree { get; init; } = 16;

    /// <summary>The fewest evaluations with gradient, the last ones. Default 2.</summary>
    public int FewestSteps { get; init; } = 2;

    /// <summary>The most. Default 6.</summary>
    public int MostSteps { get; init; } = 6;

    /// <summary>Weight of the relative change ‖f(z) − z‖/‖f(z)‖ of the last evaluation in the loss, at least 0. Default 0.</summary>
    public double ChangePenalty { get; init; }
}

/// <summary>The loop.</summary>
internal sealed record ReasoningLoopRecipe
{
    /// <summary>Optimizer steps.</summary>
    public required int Steps { get; init; }

    /// <summary>Puzzles per step. Default 64.</summary>
    public int BatchSize { get; init; } = 64;

    /// <summary>Largest norm of a gradient. Default 1.</summary>
    public double GradientClip { get; init; } = 1;

    /// <summary>Decay of the weights' average, in [0, 1). Default 0.999.</summary>
    public double AverageDecay { get; init; } = 0.999;

    /// <summary>Steps between validations. Default 500.</summary>
    public int ReportEvery { get; init; } = 500;

    /// <summary>
    /// The step from which the median residual of the first validation must be at most ten tolerances, or the run fails; 0, the default, is half the run.
    /// </summary>
    public int SettledFrom { get; init; }
}

/// <summary>One line of a validation.</summary>
internal sealed record ReasoningTestRecipe
{
    /// <summary>What is solved.</summary>
    public required PuzzleRecipe Puzzles { get; init; }

    /// <summary>How many. Default 64.</summary>
    public int Count { get; init; } = 64;

    /// <summary>Evaluations each.</summary>
    public required int Evaluations { get; init; }
}
