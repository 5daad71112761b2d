namespace Deq.Export.Recipes;

/// <summary>The training loop.</summary>
internal sealed record LoopRecipe
{
    /// <summary>Passes over the training data, 1 to 10,000, pretraining included.</summary>
    public required int Epochs { get; init; }

    /// <summary>Rows per step, 1 to 10,000. Default 100.</summary>
    public int BatchSize { get; init; } = 100;

    /// <summary>The largest norm of a step's gradient, above 0; larger ones are scaled down. Default 1.</summary>
    public double GradientClip { get; init; } = 1;

    /// <summary>Probability given to all classes alike in the target, in [0, 0.5]. Default 0.</summary>
    public double LabelSmoothing { get; init; }

    /// <summary>Decay per step of the running average of the weights that is exported, in [0, 1). Default 0, no average.</summary>
    public double AverageDecay { get; init; }

    /// <summary>The first so many epochs unroll the cell instead of solving, at most <see cref="Epochs"/>. Default 0.</summary>
    public int PretrainEpochs { get; init; }

    /// <summary>Evaluations of the cell in such an epoch, 1 to 20. Default 3.</summary>
    public int PretrainSteps { get; init; } = 3;

    /// <summary>
    /// Variational dropout: probability, in [0, 0.9], that a number of the state is hidden from the cell, the same one in all evaluations
    /// of a step. Default 0. Source: Gal and Ghahramani, "A theoretically grounded application of dropout in recurrent neural networks", 2016.
    /// </summary>
    public double Dropout { get; init; }

    /// <summary>Every how many steps the gradient is compared with the exact one, 0 (never, the default) to 1,000,000.</summary>
    public int CompareGradientEvery { get; init; }

    /// <summary>Minutes between two checkpoints, 1 to 1440. Default 5.</summary>
    public int CheckpointMinutes { get; init; } = 5;

    /// <summary>Whether an epoch unrolls the cell instead of solving.</summary>
    /// <param name="epoch">From 1.</param>
    public bool IsPretraining(int epoch) => epoch <= PretrainEpochs;
}
