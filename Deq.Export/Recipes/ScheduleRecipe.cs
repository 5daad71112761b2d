namespace Deq.Export.Recipes;

/// <summary>How the learning rate changes over the run.</summary>
internal sealed record ScheduleRecipe
{
    /// <summary><c>one-cycle</c>, the default (up, then down), <c>cosine</c> (down) or <c>constant</c>.</summary>
    public string Kind { get; init; } = "one-cycle";

    /// <summary>The share of the steps in which the rate rises, in [0, 0.9]. Default 0.1. Not for <c>constant</c>.</summary>
    public double WarmUpShare { get; init; } = 0.1;

    /// <summary>The last learning rate as a share of the highest, in [0, 1]. Default 0.01. Not for <c>constant</c>.</summary>
    public double FinalFactor { get; init; } = 0.01;

    /// <summary>The epoch after which the schedule starts over for the rest of the run; 0, the default, never.</summary>
    public int RestartAfterEpoch { get; init; }

    /// <summary>The highest rate after that restart as a share of the highest before, in (0, 1]. Default 0.5.</summary>
    public double RestartFactor { get; init; } = 0.5;
}
