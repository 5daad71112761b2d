using System.Text.Json.Serialization;

namespace Deq.Api.Solving;

/// <summary>How an answer was found. A small residual does not prove the prediction right, or the fixed point unique.</summary>
/// <param name="Converged">Whether the residual met the tolerance.</param>
/// <param name="Stop">
/// Why the solve ended: <c>tolerance</c>, <c>stable</c>, <c>evaluations</c>, <c>deadline</c>, <c>cancelled</c> or <c>diverged</c>.
/// </param>
/// <param name="Evaluations">Evaluations of the cell that were made.</param>
/// <param name="Residual">
/// At the iterate that was decoded: ‖f(z) − z‖ / ‖f(z)‖, or of a flow estimator pixels; null when no iterate was finite.
/// </param>
/// <param name="Tolerance">The tolerance granted.</param>
/// <param name="Solver">The fixed-point method used.</param>
/// <param name="Profile">The budget profile that the request named; null when it named none.</param>
/// <param name="Priority"><c>normal</c> or <c>high</c>.</param>
/// <param name="Budget">What was granted.</param>
/// <param name="Clamped">Parameters for which less was granted than asked.</param>
/// <param name="Spent">What was spent of it.</param>
/// <param name="SpentMs">Milliseconds from acceptance to the answer, waiting included.</param>
/// <param name="QueueMs">Milliseconds of them spent waiting.</param>
/// <param name="Batch">With how many images it was evaluated together.</param>
/// <param name="Warm">Whether the solve started from an earlier solution.</param>
public sealed record SolveReport(
    bool Converged,
    string Stop,
    int Evaluations,
    double? Residual,
    double Tolerance,
    string Solver,
    string? Profile,
    string Priority,
    BudgetReport Budget,
    IReadOnlyList<ClampedParameter> Clamped,
    SpentReport Spent,
    double SpentMs,
    double QueueMs,
    BatchReport Batch,
    bool Warm)
{
    /// <summary>Of a flow estimator, what the residual is the larger of; left out otherwise.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ResidualPartsReport? Parts { get; init; }
}

/// <summary>The two parts of a flow estimator's residual.</summary>
/// <param name="FlowPixels">Mean length of what the last evaluation changed of the flow, pixels.</param>
/// <param name="HiddenChange">Relative change of the rest of the state over the last evaluation.</param>
public sealed record ResidualPartsReport(double FlowPixels, double HiddenChange);

/// <summary>What a solve was granted. Whichever limit comes first ends it.</summary>
/// <param name="MaxEvaluations">Evaluations of the cell.</param>
/// <param name="DeadlineMs">Milliseconds, waiting included.</param>
/// <param name="Tolerance">The residual that is small enough.</param>
/// <param name="UntilStable">Evaluations without a change of the answer that are enough; null: not watched.</param>
public sealed record BudgetReport(int MaxEvaluations, int DeadlineMs, double Tolerance, int? UntilStable);

/// <summary>What a solve spent.</summary>
/// <param name="Evaluations">Evaluations of the cell.</param>
/// <param name="Ms">Milliseconds, waiting included.</param>
public sealed record SpentReport(int Evaluations, double Ms);

/// <summary>How many images, of this request and others, the engine evaluated together while it solved this one, itself included.</summary>
/// <param name="Smallest">The fewest at one evaluation, at least 1.</param>
/// <param name="Largest">The most at one evaluation.</param>
/// <param name="Mean">The mean over its evaluations.</param>
public sealed record BatchReport(int Smallest, int Largest, double Mean);

/// <summary>A parameter that asked for more than a request gets.</summary>
/// <param name="Parameter">Its name.</param>
/// <param name="Asked">What was asked.</param>
/// <param name="Granted">What was granted.</param>
public sealed record ClampedParameter(string Parameter, double Asked, double Granted);
