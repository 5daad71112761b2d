using System.Globalization;
using Deq.Api.Solving;
using Deq.Runtime.Tasks.Reasoning;

namespace Deq.Api.Tasks.Reasoning;

/// <summary>The parameters that a request to reason takes beside those of every solve.</summary>
internal static class ReasoningParameters
{
    /// <summary>The most starts of one input.</summary>
    public const int MostStarts = 64;

    public static SolveParameter Effort { get; } = new(
        "effort",
        "string",
        $"one of {string.Join(", ", EffortLevel.Names)}",
        $"The level that gives evaluations, starts and tolerance where the request does not; the model's description lists the levels. Default {EffortLevel.Default}.",
        "high")
    {
        Accepts = EffortLevel.Names.Contains,
        Words = EffortLevel.Names,
    };

    public static SolveParameter Starts { get; } = new(
        "starts",
        "integer",
        "a whole number of at least 1",
        $"Solves of each input from different starts: the first from zero, the others from noise. At most {MostStarts}, and at most {ReasoningGrant.MostSolves} solves per request. "
            + "Default: the level's.",
        "4")
    {
        Accepts = text => Count(text) >= 1,
    };

    public static SolveParameter Select { get; } = new(
        "select",
        "string",
        $"one of {string.Join(", ", StartSelection.Names)}",
        "Which start answers: the first that settles on an answer that keeps the rules, where they can be checked, which ends the others; the one with the smallest residual; or the answer that most starts agree on. "
            + $"Default {StartSelection.Settled}.",
        StartSelection.Majority)
    {
        Accepts = StartSelection.Names.Contains,
        Words = StartSelection.Names,
    };

    public static SolveParameter Seed { get; } = new(
        "seed", "integer", $"a whole number of 0 to {int.MaxValue}", "Decides the starts from noise. Default 0.", "7")
    {
        Accepts = text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _),
    };

    /// <summary>All that requests take. Answers are not watched: there is neither <c>top</c> nor <c>untilStable</c>.</summary>
    public static IReadOnlyList<SolveParameter> All { get; } = [Effort, Starts, Select, Seed, .. SolveParameter.OfSolves];

    /// <summary>A whole number; one beyond the integers is as good as the largest. 0 for no number.</summary>
    public static int Count(string text) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong value) ? (int)Math.Min(value, int.MaxValue) : 0;
}
