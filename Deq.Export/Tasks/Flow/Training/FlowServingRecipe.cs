using Deq.Runtime.Models;

namespace Deq.Export.Tasks.Flow.Training;

/// <summary>What the bundle of a flow estimator offers.</summary>
internal sealed record FlowServingRecipe
{
    /// <summary>The solve that a request gets by default; tolerances in pixels. Default: Anderson, 0.03 pixels, 24 evaluations.</summary>
    public SolveDefaults Defaults { get; init; } = new()
    {
        Solver = "anderson",
        Tolerance = 0.03,
        MaxEvaluations = 24,
        EvaluationsLimit = 200,
        ToleranceLimit = 1e-3,
    };

    /// <summary>κ, pixels that a relative change of h of 1 counts for, 0 to 1000. Default 2.</summary>
    public double PixelsPerChange { get; init; } = 2;

    /// <summary>The fewest pixels of a frame along either axis, 1 to 2048. Default 32.</summary>
    public int LeastSide { get; init; } = 32;

    /// <summary>
    /// The most pixels of a padded frame, at least 4096. Default 524,288, such as 1024 × 512: at the default sizes of an estimator some 0.9 GB while
    /// one is solved.
    /// </summary>
    public int MostPixels { get; init; } = 1 << 19;
}
