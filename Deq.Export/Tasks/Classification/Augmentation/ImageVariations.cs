using Deq.Export.RandomNumbers;
using Deq.Export.Tasks.Classification.Recipes;

namespace Deq.Export.Tasks.Classification.Augmentation;

/// <summary>Draws each image's variation from the seed, the epoch and the image's index alone: no order of batches or threads changes it.</summary>
internal sealed class ImageVariations
{
    /// <summary>The smallest share of the image that is blanked, unless the recipe's largest is smaller still.</summary>
    private const double SmallestEraseArea = 0.02;

    /// <summary>Width over height of a blanked rectangle lies between 1/3.3 and 3.3, as in the source.</summary>
    private const double LargestEraseAspect = 3.3;

    private readonly AugmentationRecipe _recipe;
    private readonly int _seed;

    /// <summary>Variations as a recipe says.</summary>
    /// <remarks>Source of erasing: Zhong, Zheng, Kang, Li, Yang, "Random erasing data augmentation" (2020).</remarks>
    /// <param name="recipe">Which, how far and how often.</param>
    /// <param name="seed">Decides all of them.</param>
    public ImageVariations(AugmentationRecipe recipe, int seed)
    {
        _recipe = recipe;
        _seed = seed;
    }

    /// <summary>The variation of one image in one epoch.</summary>
    /// <param name="epoch">From 0.</param>
    /// <param name="index">The image's index in its data set.</param>
    /// <param name="height">Pixels.</param>
    /// <param name="width">Pixels.</param>
    public ImageVariation Draw(int epoch, int index, int height, int width)
    {
        SplitMix64 random = new(_seed, epoch, index);

        // Every number is drawn, used or not: switching one kind of variation on leaves the others as they were.
        bool isMirrored = random.NextShare() < 0.5 && _recipe.HorizontalFlip;
        int right = random.NextBelow((2 * _recipe.ShiftPixels) + 1) - _recipe.ShiftPixels;
        int down = random.NextBelow((2 * _recipe.ShiftPixels) + 1) - _recipe.ShiftPixels;
        bool erases = random.NextShare() < _recipe.EraseProbability;
        var shifted = new ImageVariation { IsMirrored = isMirrored, Right = right, Down = down };
        return erases ? Erase(shifted, ref random, height, width) : shifted;
    }

    private ImageVariation Erase(ImageVariation shifted, ref SplitMix64 random, int height, int width)
    {
        double smallest = Math.Min(SmallestEraseArea, _recipe.EraseArea);
        double area = height * width * (smallest + (random.NextShare() * (_recipe.EraseArea - smallest)));
        double aspect = Math.Pow(LargestEraseAspect, (2 * random.NextShare()) - 1);

        // Rounded down: the rectangle covers no more than the recipe's share, unless that is less than a pixel.
        int eraseWidth = Math.Clamp((int)Math.Sqrt(area * aspect), 1, width);
        int eraseHeight = Math.Clamp((int)(area / eraseWidth), 1, height);
        return shifted with
        {
            EraseLeft = random.NextBelow(width - eraseWidth + 1),
            EraseTop = random.NextBelow(height - eraseHeight + 1),
            EraseWidth = eraseWidth,
            EraseHeight = eraseHeight,
        };
    }
}
