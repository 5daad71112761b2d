namespace Deq.Export.Tasks.Classification;

/// <summary>How a model did on a set of images with one method, tolerance and budget.</summary>
public sealed record EvaluationReport
{
    /// <summary>The fixed-point method.</summary>
    public required string Solver { get; init; }

    /// <summary>Relative residual.</summary>
    public required double Tolerance { get; init; }

    /// <summary>The budget, evaluations per image.</summary>
    public required int MaxEvaluations { get; init; }

    /// <summary>Images measured.</summary>
    public required int Images { get; init; }

    /// <summary>Share of images whose first answer is right, in [0, 1].</summary>
    public required double Accuracy { get; init; }

    /// <summary>Standard error of the accuracy, √(p(1 − p)/n).</summary>
    public required double AccuracyError { get; init; }

    /// <summary>Evaluations per image.</summary>
    public required double MeanEvaluations { get; init; }

    /// <summary>Evaluations of the image in the middle.</summary>
    public required double MedianEvaluations { get; init; }

    /// <summary>Evaluations of the image that took most.</summary>
    public required int LargestEvaluations { get; init; }

    /// <summary>Share of images that met the tolerance within the budget, in [0, 1].</summary>
    public required double ConvergedShare { get; init; }

    /// <summary>Median relative residual of the returned iterate.</summary>
    public required double MedianResidual { get; init; }

    /// <summary>Wall-clock seconds for all images on the threads used.</summary>
    public required double Seconds { get; init; }
}
