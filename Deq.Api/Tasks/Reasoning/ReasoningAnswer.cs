using Deq.Api.Solving;

namespace Deq.Api.Tasks.Reasoning;

/// <summary>The answer to one question, with the model that gave it.</summary>
/// <param name="Model">Its name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Sha256">Names its exact contents.</param>
/// <param name="Result">The answer and how it was found.</param>
public sealed record ReasoningAnswer(string Model, string Version, string Sha256, ReasoningResult Result);

/// <summary>The answers to several questions.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Sha256">Names its exact contents.</param>
/// <param name="Results">In the order of the questions.</param>
public sealed record ReasoningAnswers(string Model, string Version, string Sha256, IReadOnlyList<ReasoningResult> Results);

/// <summary>An answer and how it was found.</summary>
public sealed record ReasoningResult
{
    /// <summary>In the form of the question: a text, or numbers.</summary>
    public required object Answer { get; init; }

    /// <summary>How sure the model is of each place's token, 0 to 1, row-major; 1 where the place was given. Not calibrated.</summary>
    public required IReadOnlyList<float> Confidence { get; init; }

    /// <summary>Whether the state has come to rest: the residual met the tolerance. That does not prove the answer right.</summary>
    public required bool Settled { get; init; }

    /// <summary>Whether the answer solves the question by the puzzle's rules, checked by code; null where the model names no checker.</summary>
    public required bool? Valid { get; init; }

    /// <summary>The level of effort.</summary>
    public required string Effort { get; init; }

    /// <summary>How the start was chosen.</summary>
    public required string Select { get; init; }

    /// <summary>What decided the starts.</summary>
    public required int Seed { get; init; }

    /// <summary>Which start answers, from 0.</summary>
    public required int Chosen { get; init; }

    /// <summary>Every start, in order.</summary>
    public required IReadOnlyList<ReasoningStart> Starts { get; init; }

    /// <summary>How far the finished starts agree; null where fewer than two finished.</summary>
    public required ReasoningAgreement? Agreement { get; init; }

    /// <summary>The solve of the start that answers.</summary>
    public required SolveReport Solve { get; init; }
}

/// <summary>How one start ended.</summary>
/// <param name="Stop">Why, as of every solve; <c>superseded</c> when another start settled first.</param>
/// <param name="Settled">Whether its residual met the tolerance.</param>
/// <param name="Evaluations">Evaluations made; null when superseded.</param>
/// <param name="Residual">Its smallest; null when superseded or never finite.</param>
public sealed record ReasoningStart(string Stop, bool Settled, int? Evaluations, double? Residual);

/// <summary>How far starts agree with the one that answers.</summary>
/// <param name="Answers">The share of the other finished starts with the same answer.</param>
/// <param name="Tokens">The share of equal tokens, the mean over them.</param>
public sealed record ReasoningAgreement(double Answers, double Tokens);

/// <summary>Where a start stands after an evaluation.</summary>
/// <param name="Input">Of which question, from 0.</param>
/// <param name="Start">Which start, from 0.</param>
/// <param name="Evaluations">Evaluations made for it.</param>
/// <param name="Residual">Its smallest; null while none was finite.</param>
/// <param name="Answer">The answer of that iterate as text; null while none was finite.</param>
public sealed record ReasoningIterate(int Input, int Start, int Evaluations, double? Residual, string? Answer);
