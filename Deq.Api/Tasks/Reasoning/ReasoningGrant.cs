using System.Globalization;
using Deq.Api.Solving;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks.Reasoning;

namespace Deq.Api.Tasks.Reasoning;

/// <summary>What the inputs of one request get: what it asked for, its level of effort for the rest, and never more than the limits.</summary>
internal sealed record ReasoningGrant
{
    /// <summary>The most solves of one request, inputs times starts.</summary>
    public const int MostSolves = 128;

    private readonly SolveGrant _solve;
    private readonly EffortLevel _level;
    private readonly int _evaluationsLimit;

    private ReasoningGrant(SolveGrant solve, EffortLevel level, int evaluationsLimit) => (_solve, _level, _evaluationsLimit) = (solve, level, evaluationsLimit);

    /// <summary>The level's name.</summary>
    public string Effort => _level.Name;

    /// <summary>Starts of each input.</summary>
    public required int Starts { get; init; }

    /// <summary>Which start answers.</summary>
    public required string Select { get; init; }

    /// <summary>Decides the starts.</summary>
    public required int Seed { get; init; }

    /// <summary>Grants what a request asks.</summary>
    /// <param name="solve">What it gets by the rules of every task.</param>
    /// <param name="manifest">A reasoner's.</param>
    /// <param name="inputs">Inputs of the request, at least 1.</param>
    public static ReasoningGrant Of(SolveGrant solve, ModelManifest manifest, int inputs)
    {
        IReadOnlyDictionary<string, string> asked = solve.Asked.OfTask;
        EffortLevel level = ReasoningContract.Of(manifest).Effort(asked.GetValueOrDefault(ReasoningParameters.Effort.Name, EffortLevel.Default))!;
        int wanted = asked.TryGetValue(ReasoningParameters.Starts.Name, out string? starts) ? ReasoningParameters.Count(starts) : level.Starts;
        int granted = Math.Min(wanted, Math.Clamp(MostSolves / inputs, 1, ReasoningParameters.MostStarts));
        SolveGrant clamped = granted == wanted ? solve
            : solve with { Clamped = [.. solve.Clamped, new ClampedParameter(ReasoningParameters.Starts.Name, wanted, granted)] };
        bool isOfLevel = solve.Asked.Tolerance is null && solve.Asked.Profile is null;
        return new ReasoningGrant(clamped with { Tolerance = isOfLevel ? level.Tolerance : solve.Tolerance }, level, manifest.Defaults.EvaluationsLimit)
        {
            Starts = granted,
            Select = asked.GetValueOrDefault(ReasoningParameters.Select.Name, StartSelection.Settled),
            Seed = int.Parse(asked.GetValueOrDefault(ReasoningParameters.Seed.Name, "0"), CultureInfo.InvariantCulture),
        };
    }

    /// <summary>What each start of a question gets. A level's evaluations follow the number of places.</summary>
    public SolveGrant For(TokenGrid question)
    {
        if (_solve.Asked.MaxEvaluations is not null || _solve.Asked.Profile is not null)
        {
            return _solve;
        }

        int wanted = _level.EvaluationsFor(question.Count);
        return wanted <= _evaluationsLimit
            ? _solve with { MaxEvaluations = wanted }
            : _solve with
            {
                MaxEvaluations = _evaluationsLimit,
                Clamped = [.. _solve.Clamped, new ClampedParameter(SolveParameter.MaxEvaluations.Name, wanted, _evaluationsLimit)],
            };
    }
}
