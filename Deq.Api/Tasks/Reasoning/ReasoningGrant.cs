using System.Globalization;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Solving;
using Deq.Runtime.Bundles;
using Deq.Runtime.Tasks.Reasoning;

namespace Deq.Api.Tasks.Reasoning;

/// <summary>What a request to reason gets: what it asked for, its level of effort for the rest, and never more than the limits.</summary>
internal sealed record ReasoningGrant
{
    private const int MostStarts = 64;

    /// <summary>What each start gets, but for the evaluations of an input.</summary>
    public required SolveGrant Solve { get; init; }

    /// <summary>The level.</summary>
    public required EffortLevel Level { get; init; }

    /// <summary>Starts of each input.</summary>
    public required int Starts { get; init; }

    /// <summary>One of <see cref="ReasoningParameters.Selections"/>.</summary>
    public required string Select { get; init; }

    /// <summary>Decides the starts.</summary>
    public required int Seed { get; init; }

    /// <summary>Whether evaluations follow the places of the input, because neither the request nor its profile gives their number.</summary>
    public required bool FollowsPlaces { get; init; }

    /// <summary>The most evaluations that a request may ask of the model.</summary>
    public required int EvaluationsLimit { get; init; }

    /// <summary>Reads and grants.</summary>
    /// <param name="given">All parameters, by name.</param>
    /// <param name="budgets">The profiles of the model.</param>
    /// <param name="manifest">The model.</param>
    /// <param name="limits">The server's.</param>
    /// <exception cref="ProblemException">Names that are unknown or contradict each other, or values that cannot be.</exception>
    public static (ReasoningGrant Grant, bool RequireConverged) Of(
        IReadOnlyList<KeyValuePair<string, string>> given, ModelBudgets budgets, ModelManifest manifest, RequestLimits limits)
    {
        var asked = SolveRequest.Parse(given, budgets, ReasoningParameters.All);
        ILookup<string, string> values = given.ToLookup(pair => pair.Key, pair => pair.Value, StringComparer.Ordinal);
        EffortLevel level = manifest.Reasoning!.Effort(Choice(values, ReasoningParameters.Effort, ReasoningParameters.Efforts, EffortLevel.Default))!;
        int starts = Number(values, ReasoningParameters.Starts, level.Starts, least: 1);
        var solve = SolveGrant.Of(asked, manifest, limits);
        bool isPlain = asked.Tolerance is null && asked.Profile is null;
        return (new ReasoningGrant
        {
            Solve = solve with
            {
                Tolerance = isPlain ? level.Tolerance : solve.Tolerance,
                Clamped = starts > MostStarts ? [.. solve.Clamped, new ClampedParameter(ReasoningParameters.Starts.Name, starts, MostStarts)] : solve.Clamped,
            },
            Level = level,
            Starts = Math.Min(starts, MostStarts),
            Select = Choice(values, ReasoningParameters.Select, ReasoningParameters.Selections, ReasoningParameters.Selections[0]),
            Seed = Number(values, ReasoningParameters.Seed, fallback: 0, least: 0),
            FollowsPlaces = asked.MaxEvaluations is null && asked.Profile is null,
            EvaluationsLimit = manifest.Defaults.EvaluationsLimit,
        }, asked.RequireConverged);
    }

    /// <summary>What each start of a question gets.</summary>
    public SolveGrant For(TokenGrid question)
    {
        if (!FollowsPlaces)
        {
            return Solve;
        }

        int wanted = Level.EvaluationsFor(question.Count);
        return wanted <= EvaluationsLimit
            ? Solve with { MaxEvaluations = wanted }
            : Solve with
            {
                MaxEvaluations = EvaluationsLimit,
                Clamped = [.. Solve.Clamped, new ClampedParameter(SolveParameter.MaxEvaluations.Name, wanted, EvaluationsLimit)],
            };
    }

    private static string Choice(ILookup<string, string> values, SolveParameter parameter, IReadOnlyList<string> known, string fallback)
    {
        string value = values[parameter.Name].FirstOrDefault() ?? fallback;
        return known.Contains(value) ? value : throw Invalid(parameter);
    }

    private static int Number(ILookup<string, string> values, SolveParameter parameter, int fallback, int least)
    {
        if (values[parameter.Name].FirstOrDefault() is not { } text)
        {
            return fallback;
        }

        return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong value) && value >= (ulong)least
            ? (int)Math.Min(value, int.MaxValue)
            : throw Invalid(parameter);
    }

    private static ProblemException Invalid(SolveParameter parameter)
    {
        string fault = $"It must be {parameter.Expects}.";
        return new ProblemException(ProblemKinds.InvalidParameter, $"{parameter.Name}: {fault}")
            .With("errors", new Dictionary<string, string[]>(StringComparer.Ordinal) { [parameter.Name] = [fault] });
    }
}
