namespace Deq.Export.Tasks.Classification.Recipes;

/// <summary>The layers of an equilibrium model.</summary>
public sealed record ArchitectureRecipe
{
    /// <summary>A name in the catalogue of architectures. Default <c>multiscale-classifier</c>.</summary>
    public string Kind { get; init; } = "multiscale-classifier";

    /// <summary>Channels of each branch of the state, from high to low resolution, each divisible by <see cref="Groups"/>.</summary>
    public required IReadOnlyList<int> Channels { get; init; }

    /// <summary>How many times wider a residual block is inside than outside, 1 to 8. Default 2.</summary>
    public int Expansion { get; init; } = 2;

    /// <summary>Groups of each group normalisation, at least 1. Default 8.</summary>
    public int Groups { get; init; } = 8;

    /// <summary>Channels of the encoder's first convolution, divisible by <see cref="Groups"/>.</summary>
    public required int StemChannels { get; init; }

    /// <summary>How many times smaller the first branch is than the image, per side: 1, 2 or 4. Default 2.</summary>
    public int StemStride { get; init; } = 2;

    /// <summary>Residual blocks of the encoder between its first convolution and the injection, 0 to 16. Default 0.</summary>
    public int StemBlocks { get; init; }

    /// <summary>Channels of the decoder's heads, one per branch, each divisible by <see cref="Groups"/>; null lets the architecture choose.</summary>
    public IReadOnlyList<int>? HeadChannels { get; init; }

    /// <summary>What training learns in place of the cell's convolutions: <c>none</c>, <c>weight-norm</c> or <c>spectral-norm</c>. Default <c>weight-norm</c>.</summary>
    public string Reparametrization { get; init; } = "weight-norm";
}
