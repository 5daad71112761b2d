namespace Deq.Export.Tasks.Classification.Recipes;

/// <summary>How training images are varied; an image is varied anew in each epoch. Default: not at all.</summary>
public sealed record AugmentationRecipe
{
    /// <summary>Mirror left and right with probability ½. Default false.</summary>
    public bool HorizontalFlip { get; init; }

    /// <summary>Shift by up to so many pixels, each way on each axis, less than half of the smaller side. Default 0.</summary>
    public int ShiftPixels { get; init; }

    /// <summary>Probability that one rectangle of an image is blanked, in [0, 1]. Default 0.</summary>
    public double EraseProbability { get; init; }

    /// <summary>The largest share of the image's area that is blanked, in (0, 0.5]. Default 0.1.</summary>
    public double EraseArea { get; init; } = 0.1;
}
