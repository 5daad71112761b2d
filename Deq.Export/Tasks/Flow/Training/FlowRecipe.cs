using Deq.Export.RandomNumbers;
using Deq.Export.Recipes;
using Deq.Export.Tasks.Flow.Scenes;

namespace Deq.Export.Tasks.Flow.Training;

/// <summary>Everything a training run of a flow estimator is decided by. Its data are drawn, so there is no data set.</summary>
/// <remarks>A JSON file. Every value is in its range.</remarks>
internal sealed record FlowRecipe
{
    /// <summary>The model's name: lower-case letters, digits and hyphens, 1 to 64 characters.</summary>
    public required string Name { get; init; }

    /// <summary>The model's own version: 1 to 64 printable characters without blanks. Default 1.0.0.</summary>
    public string Version { get; init; } = "1.0.0";

    /// <summary>One sentence for people.</summary>
    public string Description { get; init; } = DefaultDescription;

    /// <summary>What is said of a model whose recipe says nothing.</summary>
    public const string DefaultDescription = "Optical flow between two frames, as the fixed point of its own refinement.";

    /// <summary>Decides initial weights and every draw; at least 0. Default 0.</summary>
    public int Seed { get; init; }

    /// <summary>The layers.</summary>
    public FlowSizes Architecture { get; init; } = new();

    /// <summary>What clips are drawn.</summary>
    public MotionOptions Motion { get; init; } = new();

    /// <summary>A directory of photographs that <see cref="MotionOptions.PhotoShare"/> of the layers show; null for none, the default.</summary>
    public string? Photographs { get; init; }

    /// <summary>How a step solves and what it asks of the solution.</summary>
    public FlowSolveRecipe Solve { get; init; } = new();

    /// <summary>What moves the weights.</summary>
    public required OptimizerRecipe Optimizer { get; init; }

    /// <summary>How the learning rate changes over the run.</summary>
    public ScheduleRecipe Schedule { get; init; } = new();

    /// <summary>The training loop.</summary>
    public required FlowLoopRecipe Training { get; init; }

    /// <summary>What the bundle offers; without influence on the training.</summary>
    public FlowServingRecipe Serving { get; init; } = new();

    /// <summary>What changes in the course of a run, in order of <see cref="FlowPhase.From"/>. Default none.</summary>
    public IReadOnlyList<FlowPhase> Phases { get; init; } = [];

    /// <summary>What holds at a point of the run.</summary>
    /// <param name="progress">Share of the steps made, in [0, 1].</param>
    public FlowPhase At(double progress) => Phases.LastOrDefault(phase => phase.From <= progress)
        ?? new FlowPhase { From = 0, Motion = Motion, Solve = Solve, BatchSize = Training.BatchSize };
}

/// <summary>A part of a run: larger clips and motions belong to later ones.</summary>
internal sealed record FlowPhase
{
    /// <summary>The share of training from which on it holds, in [0, 1).</summary>
    public required double From { get; init; }

    /// <summary>What clips are drawn. Default: as before.</summary>
    public required MotionOptions Motion { get; init; }

    /// <summary>How a step solves. Default: as before.</summary>
    public required FlowSolveRecipe Solve { get; init; }

    /// <summary>Pairs per step, 1 to 1024. Default: as before.</summary>
    public required int BatchSize { get; init; }
}

/// <summary>How a step solves: how far, from where, and what is asked on the way.</summary>
/// <remarks>
/// Sparse fixed-point corrections: the evaluations are cut into equal parts, and after each the flow is compared with the truth, with gradient through
/// the last evaluations alone. Source: Bai, Geng, Savani and Kolter, "Deep equilibrium optical flow estimation", CVPR 2022, section 3.
/// </remarks>
internal sealed record FlowSolveRecipe
{
    /// <summary>The fewest evaluations of a step, at least <see cref="Corrections"/>. Default 6.</summary>
    public int FewestEvaluations { get; init; } = 6;

    /// <summary>
    /// The most evaluations of a step. Well past the served budget, so that the estimate does not drift once it is right. Default 36.
    /// </summary>
    public int MostEvaluations { get; init; } = 36;

    /// <summary>How often the flow is compared with the truth, 1 to 12. Default 3.</summary>
    public int Corrections { get; init; } = 3;

    /// <summary>Evaluations with gradient before each correction, 1 (one-step gradient) to 6 (phantom gradient). Default 1.</summary>
    public int GradientSteps { get; init; } = 1;

    /// <summary>Weight of a correction relative to the next one, in (0, 1]. Default 0.8.</summary>
    public double CorrectionDecay { get; init; } = 0.8;

    /// <summary>Pixels of true flow from which on a pixel is left out of the loss, above 0. Default 40.</summary>
    public double MostFlow { get; init; } = 40;

    /// <summary>Share of steps that start from the guess with noise of one cell on it, in [0, 1]. Default 0: from the guess.</summary>
    public double RandomShare { get; init; }

    /// <summary>Draws how many evaluations a step makes.</summary>
    /// <param name="random">Advanced.</param>
    internal int Budget(ref SplitMix64 random) => FewestEvaluations + random.NextBelow(MostEvaluations - FewestEvaluations + 1);
}

/// <summary>The training loop.</summary>
internal sealed record FlowLoopRecipe
{
    /// <summary>Optimizer steps in all, 1 to 10,000,000.</summary>
    public required int Steps { get; init; }

    /// <summary>Pairs per step, 1 to 1024. Default 6.</summary>
    public int BatchSize { get; init; } = 6;

    /// <summary>The largest norm of a step's gradient, above 0. Default 1.</summary>
    public double GradientClip { get; init; } = 1;

    /// <summary>Decay per step of the running average of the weights that is validated and exported, in [0, 1). Default 0.999.</summary>
    public double AverageDecay { get; init; } = 0.999;

    /// <summary>Steps between two validations, lines of the log and checkpoints, at least 1. Default 500.</summary>
    public int ReportEvery { get; init; } = 500;

    /// <summary>Pairs of the validation, 1 to 4096. Default 48.</summary>
    public int ValidationPairs { get; init; } = 48;
}
