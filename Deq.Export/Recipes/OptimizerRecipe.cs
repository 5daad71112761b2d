namespace Deq.Export.Recipes;

/// <summary>What moves the weights.</summary>
internal sealed record OptimizerRecipe
{
    /// <summary><c>adamw</c>, the default, or <c>sgd</c>.</summary>
    public string Kind { get; init; } = "adamw";

    /// <summary>The highest learning rate of the schedule, in (0, 10].</summary>
    public required double LearningRate { get; init; }

    /// <summary>Decay of weights, in [0, 1]. Default 0.</summary>
    public double WeightDecay { get; init; }

    /// <summary>Momentum of <c>sgd</c>, first moment's decay of <c>adamw</c>, in [0, 1). Default 0.9.</summary>
    public double Momentum { get; init; } = 0.9;
}
