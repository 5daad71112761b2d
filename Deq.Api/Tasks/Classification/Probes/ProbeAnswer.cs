using Deq.Api.Solving;

namespace Deq.Api.Tasks.Classification.Probes;

/// <summary>How little of an image must change for another label, as far as was found.</summary>
internal sealed record ProbeAnswer
{
    /// <summary>The model's name.</summary>
    public required string Model { get; init; }

    /// <summary>The model's own version.</summary>
    public required string Version { get; init; }

    /// <summary>Names the exact contents of the model's bundle.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Whether the changed image is answered with another label, or with the target: found by classifying it from the start.</summary>
    public required bool Changed { get; init; }

    /// <summary>The answer to the image.</summary>
    public required Prediction Before { get; init; }

    /// <summary>The answer to the changed image.</summary>
    public required Prediction After { get; init; }

    /// <summary>√Σd² of the differences d between both images, whose values are from 0 to 1. Where nothing changed, of the largest change that was tried.</summary>
    public required double L2 { get; init; }

    /// <summary>The largest |d|.</summary>
    public required double LInfinity { get; init; }

    /// <summary>The bound on the L2 norm.</summary>
    public required double LargestChange { get; init; }

    /// <summary>The label that was wanted; null: any other.</summary>
    public required string? Target { get; init; }

    /// <summary>Evaluations of the cell of all solves: of the image, of joint inference, and of every changed image that was checked.</summary>
    public required int Evaluations { get; init; }

    /// <summary>Products with the cell's Jacobians, one for each evaluation of joint inference.</summary>
    public required int Products { get; init; }

    /// <summary>Joint inference. Its residual is the largest relative error of state, multiplier and image; converged is that it found a nearest image within its budget.</summary>
    public required SolveReport Solve { get; init; }

    /// <summary>The solve of the image.</summary>
    public required SolveReport Start { get; init; }

    /// <summary>The solve of the changed image.</summary>
    public required SolveReport Check { get; init; }
}
