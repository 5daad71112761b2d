namespace Deq.Export.Recipes;

/// <summary>Sparse fixed-point correction: the loss is taken at a few states on the way to the solution too, so that the way leads straight there.</summary>
/// <remarks>Source: Bai, Geng, Savani and Kolter, "Deep equilibrium optical flow estimation", CVPR 2022, section 3.3.</remarks>
internal sealed record CorrectionRecipe
{
    /// <summary>n, how many states besides the solution, 1 to 8, evenly spaced over the solve's budget.</summary>
    public required int States { get; init; }

    /// <summary>How their losses weigh against the solution's 1: <c>exponential</c>, the default, <c>linear</c> or <c>constant</c>.</summary>
    public string Weights { get; init; } = "exponential";

    /// <summary>γ of the weights, in (0, 1]. Default 0.8.</summary>
    public double Gamma { get; init; } = 0.8;

    /// <summary>Undamped steps recorded from each state, 1 to 10. Default 1.</summary>
    public int Steps { get; init; } = 1;

    /// <summary>The weight of a state's loss.</summary>
    /// <param name="place">From 1, the earliest, to <see cref="States"/>; the solution follows.</param>
    public double WeightAt(int place)
    {
        int before = States + 1 - place;
        return Weights switch
        {
            "exponential" => Math.Pow(Gamma, before),
            "linear" => 1 - (Gamma * before / (States + 1)),
            _ => Gamma,
        };
    }
}
