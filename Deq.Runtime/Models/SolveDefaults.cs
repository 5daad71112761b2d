using System.Text.Json.Serialization;
using Deq.Runtime.FixedPoints;

namespace Deq.Runtime.Models;

/// <summary>The solve of a request that asks for nothing, and the most that requests may ask of this model.</summary>
public sealed record SolveDefaults
{
    private const string FinalAnswer = "final";

    /// <summary>A name in the catalogue of methods: <c>picard</c>, <c>anderson</c>, <c>broyden</c>.</summary>
    public required string Solver { get; init; }

    /// <summary>The residual that counts as converged, in (0, 1), in the unit of the task's residual: relative where the task defines none.</summary>
    public required double Tolerance { get; init; }

    /// <summary>Evaluations of f, at least 1.</summary>
    public required int MaxEvaluations { get; init; }

    /// <summary>The most evaluations a request may ask for, at least <see cref="MaxEvaluations"/>.</summary>
    public required int EvaluationsLimit { get; init; }

    /// <summary>The smallest tolerance a request may ask for, at most <see cref="Tolerance"/>.</summary>
    public required double ToleranceLimit { get; init; }

    /// <summary>m, how many iterates the solver combines: of <c>anderson</c> 1 to 32, of <c>broyden</c> the rank, 1 to 64. Null is the method's own.</summary>
    public int? Memory { get; init; }

    /// <summary>β in (0, 1], how far a step goes towards f(z): of <c>picard</c> and <c>anderson</c>. Null is 1.</summary>
    public double? Damping { get; init; }

    /// <summary>λ in [0, 1), added to the diagonal of Anderson's scaled system. Null is the method's own.</summary>
    public double? Ridge { get; init; }

    /// <summary>a: a solve has also converged where ‖f(z) − z‖ ≤ tolerance·‖f(z)‖ + a, in the state's own unit; scaled where a request asks for another tolerance. Null is 0.</summary>
    public double? AbsoluteTolerance { get; init; }

    /// <summary>Which iterate is decoded where a solve ends without converging: <c>best</c>, of the smallest residual, or <c>final</c>, the last. Null is <c>best</c>.</summary>
    public string? Answer { get; init; }

    /// <summary>Whether the last iterate is decoded, whatever its residual.</summary>
    [JsonIgnore]
    public bool AnswersFinal => Answer == FinalAnswer;

    /// <summary>States that a running batch keeps for each row with <see cref="Memory"/>, its own and the method's; 0 where the memory is the method's own.</summary>
    internal int StatesPerRow => (Solver, Memory) switch
    {
        // f and its differences, the iterate, a slot to work in, the best iterate and the one that cycles are watched from.
        ("anderson", { } depth) => (2 * Math.Max(2, depth)) + 4,

        // The steps, one more than the rank, beside a history of two.
        ("broyden", { } rank) => rank + 9,
        _ => 0,
    };

    /// <summary>What a solve of this model may spend; it answers with the iterate that <see cref="Answer"/> names.</summary>
    /// <param name="tolerance">The residual that counts as converged, in (0, 1).</param>
    /// <param name="evaluations">At least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">Either is out of range.</exception>
    public RowGrant Grant(double tolerance, int evaluations) => RowGrant.Of(tolerance, evaluations) with { AnswersFinal = AnswersFinal };

    /// <summary>What a solve may spend that asks for nothing.</summary>
    public RowGrant Grant() => Grant(Tolerance, MaxEvaluations);

    /// <summary>The method of that name: with the options above where it is <see cref="Solver"/>, else as it is in the catalogue.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    public IFixedPointMethod Method(string name) => (FixedPointMethods.Named(name), name == Solver) switch
    {
        (PicardIteration picard, true) => picard with { Damping = Damping ?? picard.Damping },
        (AndersonAcceleration anderson, true) => anderson with
        {
            Depth = Memory ?? anderson.Depth,
            Mixing = Damping ?? anderson.Mixing,
            Ridge = Ridge ?? anderson.Ridge,
        },
        (BroydenMethod broyden, true) => broyden with { Rank = Memory ?? broyden.Rank },
        (IFixedPointMethod method, _) => method,
    };

    /// <summary>Every rule that the options break, one sentence each.</summary>
    internal IEnumerable<string> OptionFaults()
    {
        int most = Solver switch { "anderson" => 32, "broyden" => 64, _ => 0 };
        if (Memory is { } memory && (memory < 1 || memory > most))
        {
            yield return $"defaults.memory is {memory}; it is 1 to 32 of anderson, 1 to 64 of broyden, and absent otherwise.";
        }

        if (Damping is { } damping && (damping is not (> 0 and <= 1) || Solver is not ("picard" or "anderson")))
        {
            yield return $"defaults.damping is {damping}; it is above 0 and at most 1 of picard and anderson, and absent otherwise.";
        }

        if (Ridge is { } ridge && (ridge is not (>= 0 and < 1) || Solver != "anderson"))
        {
            yield return $"defaults.ridge is {ridge}; it is at least 0 and below 1 of anderson, and absent otherwise.";
        }

        if (AbsoluteTolerance is { } absolute && !(absolute > 0 && double.IsFinite(absolute)))
        {
            yield return $"defaults.absoluteTolerance is {absolute}; it is above 0, or absent.";
        }

        if (Answer is not (null or "best" or FinalAnswer))
        {
            yield return $"defaults.answer is '{Answer}'; it is best or {FinalAnswer}.";
        }
    }
}
