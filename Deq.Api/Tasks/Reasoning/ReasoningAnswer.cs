using System.Text.Json.Serialization;
using Deq.Api.Solving;

namespace Deq.Api.Tasks.Reasoning;

/// <summary>The answer to one question, with the model that gave it.</summary>
/// <param name="Model">Its name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Sha256">Names its exact contents.</param>
/// <param name="Result">The answer and how it was found.</param>
internal sealed record ReasoningAnswer(string Model, string Version, string Sha256, ReasoningResult Result);

/// <summary>The answers to several questions.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Sha256">Names its exact contents.</param>
/// <param name="Results">In the order of the questions.</param>
internal sealed record ReasoningAnswers(string Model, string Version, string Sha256, IReadOnlyList<ReasoningResult> Results);

/// <summary>An answer and how it was found.</summary>
internal sealed record ReasoningResult
{
    /// <summary>In the form of the question: a text, or token numbers.</summary>
    public required object Answer { get; init; }

    /// <summary>How sure the model is of each place's token, 0 to 1, row by row; 1 where the place was given. Not calibrated.</summary>
    public required IReadOnlyList<double> Confidence { get; init; }

    /// <summary>
    /// Whether the state has come to rest, the residual having met the tolerance, on an answer that keeps the rules, where the model names a checker. Without a checker that
    /// does not prove the answer right.
    /// </summary>
    public required bool Settled { get; init; }

    /// <summary>Whether the answer solves the question by the rules of the puzzle, checked by code; null where the model names no checker.</summary>
    public required bool? Valid { get; init; }

    /// <summary>Places in conflict with those rules, given ones among them where they take part, row by row from 0; null where the model names no checker.</summary>
    public required IReadOnlyList<int>? Wrong { get; init; }

    /// <summary>The level of effort.</summary>
    public required string Effort { get; init; }

    /// <summary>How the start that answers was chosen.</summary>
    public required string Select { get; init; }

    /// <summary>What decided the starts from noise.</summary>
    public required int Seed { get; init; }

    /// <summary>Which start answers, from 0; the one from 0 is from zero.</summary>
    public required int Chosen { get; init; }

    /// <summary>Every start, in order.</summary>
    public required IReadOnlyList<ReasoningStart> Starts { get; init; }

    /// <summary>How far the starts that ran to their end agree; null where fewer than two did.</summary>
    public required ReasoningAgreement? Agreement { get; init; }

    /// <summary>Evaluations of all starts together.</summary>
    public required int Evaluations { get; init; }

    /// <summary>The solve of the start that answers.</summary>
    public required SolveReport Solve { get; init; }
}

/// <summary>How one start ended.</summary>
/// <param name="Stop">Why, as of every solve; <c>superseded</c> when another start settled first, <c>refused</c> when its answer breaks the rules.</param>
/// <param name="Settled">Whether its residual met the tolerance, and its answer was not refused.</param>
/// <param name="Evaluations">Evaluations made.</param>
/// <param name="Residual">Its smallest; null when none was finite.</param>
/// <param name="Period">Evaluations after which its states repeat, where it stopped by <c>cycle</c>; left out otherwise.</param>
/// <param name="Restarts">How often it began again, from other noise, because its answer was refused; left out where it did not.</param>
internal sealed record ReasoningStart(
    string Stop,
    bool Settled,
    int Evaluations,
    double? Residual,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Period,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Restarts);

/// <summary>How far the other starts agree with the one that answers.</summary>
/// <param name="Answers">The share of them with the same answer.</param>
/// <param name="Tokens">The share of equal tokens, the mean over them.</param>
internal sealed record ReasoningAgreement(double Answers, double Tokens);

/// <summary>Where a start stands after an evaluation.</summary>
/// <param name="Input">Of which question, from 0.</param>
/// <param name="Start">Which start, from 0.</param>
/// <param name="Evaluations">Evaluations made for it.</param>
/// <param name="Residual">Its smallest; null while none was finite.</param>
/// <param name="Answer">The answer of that iterate, in the form of the question; null while none was finite.</param>
/// <param name="Wrong">Places of it in conflict with the rules; null without a checker.</param>
internal sealed record ReasoningIterate(int Input, int Start, int Evaluations, double? Residual, object? Answer, IReadOnlyList<int>? Wrong)
{
    /// <summary>How often the start has begun again because its answer was refused; left out where it has not.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Restarts { get; init; }
}
