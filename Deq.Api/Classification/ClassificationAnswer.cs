namespace Deq.Api.Classification;

/// <summary>The answer for one image.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Version">The model's own version.</param>
/// <param name="Sha256">Names the exact contents of the model's bundle.</param>
/// <param name="Predictions">The most probable classes, most probable first.</param>
/// <param name="Solve">How the answer was found.</param>
public sealed record ClassificationAnswer(
    string Model, string Version, string Sha256, IReadOnlyList<Prediction> Predictions, SolveReport Solve);

/// <summary>The answers for several images.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Version">The model's own version.</param>
/// <param name="Sha256">Names the exact contents of the model's bundle.</param>
/// <param name="Results">One per image, in the order in which the request brought them.</param>
public sealed record ClassificationAnswers(string Model, string Version, string Sha256, IReadOnlyList<ImageResult> Results);

/// <summary>The answer for one image of several.</summary>
/// <param name="Predictions">The most probable classes, most probable first.</param>
/// <param name="Solve">How the answer was found.</param>
public sealed record ImageResult(IReadOnlyList<Prediction> Predictions, SolveReport Solve);

/// <summary>One class.</summary>
/// <param name="Label">Its name.</param>
/// <param name="Index">Its place among the model's labels.</param>
/// <param name="Probability">Softmax of the model's output, 0 to 1.</param>
public sealed record Prediction(string Label, int Index, double Probability);

/// <summary>How an answer was found. A small residual does not prove the prediction right, or the fixed point unique.</summary>
/// <param name="Converged">Whether the residual met the tolerance.</param>
/// <param name="Stop">Why the solve ended: <c>tolerance</c>, <c>evaluations</c>, <c>deadline</c>, <c>cancelled</c> or <c>diverged</c>.</param>
/// <param name="Evaluations">Evaluations of the cell that were made.</param>
/// <param name="Residual">‖f(z) − z‖ / ‖f(z)‖ at the iterate that was decoded; null when no iterate was finite.</param>
/// <param name="Tolerance">The tolerance granted.</param>
/// <param name="Solver">The fixed-point method used.</param>
/// <param name="Budget">What was granted.</param>
/// <param name="Clamped">Parameters for which less was granted than asked.</param>
/// <param name="SpentMs">Milliseconds from acceptance to the answer, waiting included.</param>
/// <param name="QueueMs">Milliseconds of them spent waiting.</param>
/// <param name="Warm">Whether the solve started from an earlier solution.</param>
public sealed record SolveReport(
    bool Converged,
    string Stop,
    int Evaluations,
    double? Residual,
    double Tolerance,
    string Solver,
    BudgetReport Budget,
    IReadOnlyList<ClampedParameter> Clamped,
    double SpentMs,
    double QueueMs,
    bool Warm);

/// <summary>What a solve was granted.</summary>
/// <param name="MaxEvaluations">Evaluations of the cell.</param>
/// <param name="DeadlineMs">Milliseconds, waiting included.</param>
public sealed record BudgetReport(int MaxEvaluations, int DeadlineMs);

/// <summary>A parameter that asked for more than a request gets.</summary>
/// <param name="Parameter">Its name.</param>
/// <param name="Asked">What was asked.</param>
/// <param name="Granted">What was granted.</param>
public sealed record ClampedParameter(string Parameter, double Asked, double Granted);
