using System.Text.Json.Serialization;

namespace Deq.Api.Solving;

/// <summary>How an answer was found. A small residual does not prove the prediction right, or the fixed point unique.</summary>
internal sealed record SolveReport
{
    /// <summary>Whether the residual met the tolerance.</summary>
    public required bool Converged { get; init; }

    /// <summary>
    /// Why the solve ended: <c>tolerance</c>, <c>stable</c>, <c>cycle</c>, <c>evaluations</c>, <c>deadline</c>, <c>superseded</c>, <c>refused</c>, <c>cancelled</c> or <c>diverged</c>.
    /// </summary>
    public required string Stop { get; init; }

    /// <summary>Evaluations of the cell that were made.</summary>
    public required int Evaluations { get; init; }

    /// <summary>
    /// At the iterate that was decoded: ‖f(z) − z‖ / ‖f(z)‖, or in the unit of the model's residual; null when no iterate was finite.
    /// </summary>
    public required double? Residual { get; init; }

    /// <summary>The tolerance granted.</summary>
    public required double Tolerance { get; init; }

    /// <summary>The fixed-point method used.</summary>
    public required string Solver { get; init; }

    /// <summary>The budget profile that the request named; null when it named none.</summary>
    public required string? Profile { get; init; }

    /// <summary><c>normal</c> or <c>high</c>.</summary>
    public required string Priority { get; init; }

    /// <summary>What was granted.</summary>
    public required BudgetReport Budget { get; init; }

    /// <summary>Parameters for which less was granted than asked.</summary>
    public required IReadOnlyList<ClampedParameter> Clamped { get; init; }

    /// <summary>What was spent of it.</summary>
    public required SpentReport Spent { get; init; }

    /// <summary>Milliseconds from acceptance to the answer, waiting included.</summary>
    public required double SpentMs { get; init; }

    /// <summary>Milliseconds of them spent waiting.</summary>
    public required double QueueMs { get; init; }

    /// <summary>With how many images it was evaluated together.</summary>
    public required BatchReport Batch { get; init; }

    /// <summary>Whether the solve started from an earlier solution.</summary>
    public required bool Warm { get; init; }

    /// <summary>True where the deadline left time only for a less finely prepared input; left out otherwise.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Quick { get; init; }

    /// <summary>True where the processor stood in for a device that fails; left out otherwise.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Standby { get; init; }

    /// <summary>Evaluations after which the states repeat, where the solve ended by <c>cycle</c>; left out otherwise.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Period { get; init; }

    /// <summary>How often the solve began again from another start because its answer was refused; left out where it did not.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Restarts { get; init; }

    /// <summary>The parts that the residual is the larger of, by name; left out where it has none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, double>? Parts { get; init; }

    /// <summary>Why solves ended, each reason once.</summary>
    internal static string StopsOf(IEnumerable<SolveReport> solves) => string.Join(',', solves.Select(solve => solve.Stop).Distinct(StringComparer.Ordinal));

    /// <summary>What documents show.</summary>
    internal static SolveReport Example { get; } = new()
    {
        Converged = true,
        Stop = "tolerance",
        Evaluations = 11,
        Residual = 7.9e-4,
        Tolerance = 1e-3,
        Solver = "anderson",
        Profile = null,
        Priority = "normal",
        Budget = new BudgetReport(MaxEvaluations: 24, DeadlineMs: 30_000, Tolerance: 1e-3, UntilStable: null),
        Clamped = [new ClampedParameter("maxEvaluations", Asked: 500, Granted: 24)],
        Spent = new SpentReport(Evaluations: 11, Ms: 18.2),
        SpentMs = 18.2,
        QueueMs = 0.6,
        Batch = new BatchReport(Smallest: 1, Largest: 4, Mean: 2.4),
        Warm = false,
    };
}

/// <summary>What a solve was granted. Whichever limit comes first ends it.</summary>
/// <param name="MaxEvaluations">Evaluations of the cell.</param>
/// <param name="DeadlineMs">Milliseconds, waiting included.</param>
/// <param name="Tolerance">The residual that is small enough.</param>
/// <param name="UntilStable">Evaluations without a change of the answer that are enough; null: not watched.</param>
internal sealed record BudgetReport(int MaxEvaluations, int DeadlineMs, double Tolerance, int? UntilStable);

/// <summary>What a solve spent.</summary>
/// <param name="Evaluations">Evaluations of the cell.</param>
/// <param name="Ms">Milliseconds, waiting included.</param>
internal sealed record SpentReport(int Evaluations, double Ms);

/// <summary>How many images, of this request and others, the engine evaluated together while it solved this one, itself included.</summary>
/// <param name="Smallest">The fewest at one evaluation, at least 1.</param>
/// <param name="Largest">The most at one evaluation.</param>
/// <param name="Mean">The mean over its evaluations.</param>
internal sealed record BatchReport(int Smallest, int Largest, double Mean);

/// <summary>A parameter that asked for more than a request gets.</summary>
/// <param name="Parameter">Its name.</param>
/// <param name="Asked">What was asked.</param>
/// <param name="Granted">What was granted.</param>
internal sealed record ClampedParameter(string Parameter, double Asked, double Granted);
