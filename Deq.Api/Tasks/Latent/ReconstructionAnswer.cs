using Deq.Api.Solving;

namespace Deq.Api.Tasks.Latent;

/// <summary>The image of a model that is nearest to the known pixels of the one that was sent.</summary>
internal sealed record ReconstructionAnswer
{
    /// <summary>The model's name.</summary>
    public required string Model { get; init; }

    /// <summary>The model's own version.</summary>
    public required string Version { get; init; }

    /// <summary>Names the exact contents of the model's bundle.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Of the image, pixels.</summary>
    public required int Width { get; init; }

    /// <summary>Of the image, pixels.</summary>
    public required int Height { get; init; }

    /// <summary>The share of pixels that were known.</summary>
    public required double Known { get; init; }

    /// <summary>Root mean square of the differences to the known pixels, grey levels of 255.</summary>
    public required double Misfit { get; init; }

    /// <summary>The latent that the decoder makes the image of.</summary>
    public required IReadOnlyList<float> Latent { get; init; }

    /// <summary>Joint inference; as many products with the cell's Jacobians were made as evaluations.</summary>
    public required SolveReport Solve { get; init; }
}
