namespace Deq.Benchmarks.Estimators;

/// <summary>What one finished run has reached and cost.</summary>
internal sealed record EstimatorResult
{
    /// <summary>A name in <see cref="EstimatorVariant.All"/>.</summary>
    public required string Variant { get; init; }

    /// <summary>The recipe's.</summary>
    public required int Seed { get; init; }

    /// <summary>Share of held-out images right after the last epoch, solved as the recipe serves, in [0, 1].</summary>
    public required double Accuracy { get; init; }

    /// <summary>Held-out images.</summary>
    public required int HeldOut { get; init; }

    /// <summary>Mean forward evaluations per training image over the last steps.</summary>
    public required double ForwardEvaluations { get; init; }

    /// <summary>Mean relative residual at the end of the forward solve over the last steps.</summary>
    public required double Residual { get; init; }

    /// <summary>Mean backward evaluations per training image in the last epoch.</summary>
    public required double BackwardEvaluations { get; init; }

    /// <summary>Median processor time of a training step in milliseconds.</summary>
    public required double StepMilliseconds { get; init; }

    /// <summary>Solves of held-out images at the trained weights, by method.</summary>
    public required IReadOnlyList<SolveCount> Solves { get; init; }
}

/// <summary>Evaluations from zero to a relative residual of <see cref="HeldOutSolves.Tolerance"/>.</summary>
/// <param name="Method">A fixed-point method.</param>
/// <param name="Mean">Over images; one that did not get there counts the limit.</param>
/// <param name="Median">Over images.</param>
/// <param name="ConvergedShare">In [0, 1].</param>
internal sealed record SolveCount(string Method, double Mean, double Median, double ConvergedShare);
