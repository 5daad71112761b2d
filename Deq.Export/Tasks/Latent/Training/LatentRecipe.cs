using Deq.Export.Recipes;
using Deq.Runtime.Models;

namespace Deq.Export.Tasks.Latent.Training;

/// <summary>Everything a training run of a latent decoder is decided by.</summary>
internal sealed record LatentRecipe
{
    /// <summary>The bundle's name.</summary>
    public required string Name { get; init; }

    /// <summary>The model's own version.</summary>
    public required string Version { get; init; }

    /// <summary>One sentence for people.</summary>
    public required string Description { get; init; }

    /// <summary>Decides every draw.</summary>
    public required int Seed { get; init; }

    /// <summary>The images.</summary>
    public required ImageInput Image { get; init; }

    /// <summary>The graphs.</summary>
    public required DecoderRecipe Decoder { get; init; }

    /// <summary>How a step finds the latents of its images.</summary>
    public required InferenceRecipe Inference { get; init; }

    /// <summary>The penalty on the Jacobian; null for none.</summary>
    public required JacobianRecipe? Jacobian { get; init; }

    /// <summary>What moves the weights.</summary>
    public required OptimizerRecipe Optimizer { get; init; }

    /// <summary>How the learning rate changes.</summary>
    public required ScheduleRecipe Schedule { get; init; }

    /// <summary>The loop.</summary>
    public required LatentLoopRecipe Training { get; init; }

    /// <summary>What the bundle offers.</summary>
    public required SolveDefaults Serving { get; init; }
}

/// <summary>Joint inference inside a training step.</summary>
internal sealed record InferenceRecipe
{
    /// <summary>The gradient that costs nothing beyond the inference: the multiplier is the adjoint.</summary>
    public const string Multiplier = "multiplier";

    /// <summary>The gradient through a few evaluations from where the inference ended.</summary>
    public const string Unrolled = "unrolled";

    /// <summary>Of the gradients that recipes may name.</summary>
    public static IReadOnlyList<string> Gradients { get; } = [Multiplier, Unrolled];

    /// <summary>Joint evaluations per step. Default 30.</summary>
    public int Evaluations { get; init; } = 30;

    /// <summary>The step of z, in (0, 1]. Default 0.8.</summary>
    public double StateStep { get; init; } = 0.8;

    /// <summary>The step of μ, in (0, 1]. Default 0.6.</summary>
    public double MultiplierStep { get; init; } = 0.6;

    /// <summary>The step of x, above 0. Default 0.05.</summary>
    public double InputStep { get; init; } = 0.05;

    /// <summary>The weight of ½‖x‖² beside ½‖image − y‖². Default 0.001.</summary>
    public double Prior { get; init; } = 0.001;

    /// <summary>How the gradient reaches the weights. Default the multiplier.</summary>
    public string Gradient { get; init; } = Multiplier;
}

/// <summary>The loop over mini-batches.</summary>
internal sealed record LatentLoopRecipe
{
    /// <summary>Optimizer steps.</summary>
    public required int Steps { get; init; }

    /// <summary>Images per step. Default 64.</summary>
    public int BatchSize { get; init; } = 64;

    /// <summary>How many images at the end of the data are held out. Default 1000.</summary>
    public int HeldOut { get; init; } = 1000;

    /// <summary>Largest norm of a gradient. Default 1.</summary>
    public double GradientClip { get; init; } = 1;

    /// <summary>Decay of the weights' average, in [0, 1). Default 0.99.</summary>
    public double AverageDecay { get; init; } = 0.99;

    /// <summary>Steps between validations. Default 50.</summary>
    public int ReportEvery { get; init; } = 50;
}
