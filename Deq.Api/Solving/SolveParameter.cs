namespace Deq.Api.Solving;

/// <summary>One parameter that a client may set, in the query or as a field of a multipart body.</summary>
/// <param name="Name">As written in requests.</param>
/// <param name="Type">The JSON type that documents give: integer, number, string or boolean.</param>
/// <param name="Expects">What a value must be, to end the sentence "it must be …".</param>
/// <param name="Description">What it does, with default and limit.</param>
/// <param name="Example">A good value.</param>
internal sealed record SolveParameter(string Name, string Type, string Expects, string Description, string Example)
{
    /// <summary>Whether a value is what the parameter expects; null of those that <see cref="SolveRequest"/> reads by itself, set of those that only one task knows.</summary>
    public Func<string, bool>? Accepts { get; init; }

    /// <summary>The few words that a value may be, as the API document lists them; null where it may be others.</summary>
    public IReadOnlyList<string>? Words { get; init; }

    public static SolveParameter Top { get; } = new(
        "top", "integer", "a whole number of at least 1", "Predictions in the answer. Default 5; at most the number of labels.", "3");

    public static SolveParameter MaxEvaluations { get; } = new(
        "maxEvaluations",
        "integer",
        "a whole number of at least 1",
        "Evaluations of the cell that the solve may make. Default and limit are the model's.",
        "24");

    public static SolveParameter Tolerance { get; } = new(
        "tolerance",
        "number",
        "a number above 0 and below 1",
        "The residual at which the solve counts as converged: relative, or in the unit of the model's residual. Default and smallest value are the model's.",
        "0.001");

    public static SolveParameter DeadlineMs { get; } = new(
        "deadlineMs",
        "integer",
        "a whole number of at least 1",
        "Milliseconds from acceptance, waiting included, after which the best iterate so far is answered. Default and limit are the server's.",
        "200");

    public static SolveParameter Budget { get; } = new(
        "budget",
        "string",
        "the name of one of the model's budget profiles",
        "The profile that gives solver, tolerance, maxEvaluations, deadlineMs and untilStable where the request does not. "
            + "The model's description lists the profiles. Default: the model's defaults.",
        "fast");

    public static SolveParameter UntilStable { get; } = new(
        "untilStable",
        "integer",
        "a whole number of at least 1",
        "Stop when the best class has been the same, and its probability above the second's the same to 0.01, for so many evaluations. "
            + "Every iterate is then decoded, which takes time. Default: not watched.",
        "3");

    public static SolveParameter Priority { get; } = new(
        "priority", "string", "normal or high", "Whose turn comes first where requests wait. Default normal.", "high");

    public static SolveParameter Solver { get; } = new(
        "solver", "string", "the name of a solver", "The fixed-point method. Default is the model's.", "anderson");

    public static SolveParameter RequireConverged { get; } = new(
        "requireConverged", "boolean", "true or false", "Answer 422 instead of 200 when the solve does not converge. Default false.", "false");

    public static SolveParameter Accuracy { get; } = new(
        "accuracy",
        "number",
        "a number above 0 and below 1",
        "The posterior at which an ensemble stops asking further members; 422 when it does not reach it. Default: every member is asked.",
        "0.95");

    public static IReadOnlyList<SolveParameter> All { get; } =
        [Top, Budget, MaxEvaluations, Tolerance, DeadlineMs, UntilStable, Priority, Solver, RequireConverged];

    /// <summary>Those of every solve, also where an answer has no classes to count or to compare and so neither <c>top</c> nor <c>untilStable</c>.</summary>
    public static IReadOnlyList<SolveParameter> OfSolves { get; } = [Budget, MaxEvaluations, Tolerance, DeadlineMs, Priority, Solver, RequireConverged];

    public static IReadOnlyList<string> Names { get; } = [.. All.Select(parameter => parameter.Name)];
}
