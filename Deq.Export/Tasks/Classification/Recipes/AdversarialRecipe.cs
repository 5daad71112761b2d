namespace Deq.Export.Tasks.Classification.Recipes;

/// <summary>Training on images that are changed by the search of the probe: as little as leads to another label, within a bound.</summary>
internal sealed record AdversarialRecipe
{
    /// <summary>The largest L2 norm of a change, values from 0 to 1, above 0.</summary>
    public required double Bound { get; init; }

    /// <summary>Evaluations of joint inference per step, 8 to 1000: the image moves from the seventh on. Default 20.</summary>
    public int Evaluations { get; init; } = 20;

    /// <summary>The share of each mini-batch that is changed, in (0, 1]. Default 0.5.</summary>
    public double Share { get; init; } = 0.5;

    /// <summary>The first so many epochs leave images as they are, as epochs of pretraining do. Default 1.</summary>
    public int WarmUpEpochs { get; init; } = 1;
}
