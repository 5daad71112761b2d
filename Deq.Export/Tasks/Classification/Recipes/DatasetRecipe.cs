using Deq.Export.Tasks.Classification.Datasets;

namespace Deq.Export.Tasks.Classification.Recipes;

/// <summary>How the images are stored and split. Where they are is said on the command line.</summary>
internal sealed record DatasetRecipe
{
    /// <summary><c>idx</c>, <c>cifar10</c>, <c>folder</c>, or <c>auto</c>, the default: recognised by the names of files.</summary>
    public string Format { get; init; } = "auto";

    /// <summary>The share of each class's training images that is held out to validate, in [0.001, 0.5]. Default 0.1.</summary>
    public double ValidationShare { get; init; } = 0.1;

    /// <summary>Decides which images are held out, at least 0; null, the default, takes the recipe's seed. Recipes that share it hold out the same images.</summary>
    public int? SplitSeed { get; init; }

    /// <summary>Splits the training part as a recipe says.</summary>
    /// <param name="dataset">The training part.</param>
    /// <param name="seed">The recipe's own seed.</param>
    public DatasetSplit Split(ImageDataset dataset, int seed) => DatasetSplit.HoldOut(dataset, ValidationShare, SplitSeed ?? seed);
}
