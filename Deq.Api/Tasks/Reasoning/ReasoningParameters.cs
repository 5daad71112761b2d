using Deq.Api.Solving;
using Deq.Runtime.Tasks.Reasoning;

namespace Deq.Api.Tasks.Reasoning;

/// <summary>The parameters that a request to reason takes beside those of every solve.</summary>
internal static class ReasoningParameters
{
    public static SolveParameter Effort { get; } = new(
        "effort",
        "string",
        "one of minimal, low, medium, high, max",
        "The level that gives evaluations, starts and tolerance where the request does not; the model's description lists what each reaches. Default medium.",
        "high");

    public static SolveParameter Starts { get; } = new(
        "starts",
        "integer",
        "a whole number of at least 1",
        "Solves from different starts, each a row of the engine: the first from zero, the others from noise. At most 64. Default: the level's.",
        "4");

    public static SolveParameter Select { get; } = new(
        "select",
        "string",
        "one of settled, residual, majority",
        "Which start answers: the first that settles, which ends the others; the one with the smallest residual; the answer that most agree on. Default settled.",
        "settled");

    public static SolveParameter Seed { get; } = new(
        "seed", "integer", "a whole number of at least 0", "Decides the starts from noise. Default 0.", "7");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<SolveParameter> All { get; } = [.. SolveParameter.OfFlow, Effort, Starts, Select, Seed];

    /// <summary>The names that <see cref="Select"/> takes.</summary>
    public static IReadOnlyList<string> Selections { get; } = ["settled", "residual", "majority"];

    /// <summary>The names that <see cref="Effort"/> takes.</summary>
    public static IReadOnlyList<string> Efforts => EffortLevel.Names;
}
