using Deq.Export.Recipes;
using Deq.Runtime.Models;

namespace Deq.Export.Tasks.Restoration.Training;

/// <summary>Everything a training run of a restorer is decided by.</summary>
internal sealed record RestorationRecipe
{
    /// <summary>The bundle's name.</summary>
    public required string Name { get; init; }

    /// <summary>The model's own version.</summary>
    public required string Version { get; init; }

    /// <summary>One sentence for people.</summary>
    public required string Description { get; init; }

    /// <summary>Decides every draw.</summary>
    public required int Seed { get; init; }

    /// <summary>The regulariser.</summary>
    public required RidgeRecipe Architecture { get; init; }

    /// <summary>The noise.</summary>
    public required NoiseRecipe Noise { get; init; }

    /// <summary>The forward solve.</summary>
    public required SolverRecipe Solver { get; init; }

    /// <summary>How the gradient gets through it.</summary>
    public required GradientRecipe Gradient { get; init; }

    /// <summary>What moves the weights.</summary>
    public required OptimizerRecipe Optimizer { get; init; }

    /// <summary>How the learning rate changes.</summary>
    public required ScheduleRecipe Schedule { get; init; }

    /// <summary>The loop.</summary>
    public required PatchLoopRecipe Training { get; init; }

    /// <summary>What the bundle offers.</summary>
    public required SolveDefaults Serving { get; init; }
}

/// <summary>White Gaussian noise of a strength that is drawn for every patch.</summary>
internal sealed record NoiseRecipe
{
    /// <summary>Grey levels of 255, above 0. Default 2.</summary>
    public double Least { get; init; } = 2;

    /// <summary>Grey levels of 255. Default 50.</summary>
    public double Most { get; init; } = 50;
}

/// <summary>The loop over patches.</summary>
internal sealed record PatchLoopRecipe
{
    /// <summary>Optimizer steps.</summary>
    public required int Steps { get; init; }

    /// <summary>Patches per step. Default 16.</summary>
    public int BatchSize { get; init; } = 16;

    /// <summary>Pixels of a patch along each side, even. Default 48.</summary>
    public int Patch { get; init; } = 48;

    /// <summary>Each pixel of the data is shrunk to the mean of so many by so many. Default 2.</summary>
    public int Shrink { get; init; } = 2;

    /// <summary>One picture of so many is held out. Default 8.</summary>
    public int HeldOutEvery { get; init; } = 8;

    /// <summary>
    /// The share of patches with noise alone that are said to have lost pixels, in [0, 1]. Default 0.25. Where no step has lossy patches, it is what masks, blurs and
    /// shrinking are trained by.
    /// </summary>
    public double UnguidedShare { get; init; } = 0.25;

    /// <summary>The share of steps whose patches have lost pixels to a mask, a blur or shrinking; in [0, 1]. Default 0.</summary>
    public double LossyShare { get; init; }

    /// <summary>Largest norm of a gradient. Default 1.</summary>
    public double GradientClip { get; init; } = 1;

    /// <summary>Decay of the weights' average, in [0, 1). Default 0.99.</summary>
    public double AverageDecay { get; init; } = 0.99;

    /// <summary>Steps between validations. Default 100.</summary>
    public int ReportEvery { get; init; } = 100;
}
