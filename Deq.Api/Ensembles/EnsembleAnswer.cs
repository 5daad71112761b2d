using System.Text.Json.Serialization;
using Deq.Api.Solving;

namespace Deq.Api.Ensembles;

/// <summary>What an ensemble decided for one input, and how sure that is.</summary>
internal sealed record EnsembleAnswer
{
    /// <summary>The ensemble's name.</summary>
    public required string Ensemble { get; init; }

    /// <summary>Names this answer: feedback on it needs the name. Null where the answer could not be stored, such as on a full disk.</summary>
    public required string? Answer { get; init; }

    /// <summary>The label decided for.</summary>
    public required string Label { get; init; }

    /// <summary>Its place among the labels.</summary>
    public required int Index { get; init; }

    /// <summary>How probable that label is by the votes, corrected for errors that members share.</summary>
    public required double Posterior { get; init; }

    /// <summary>What was believed before and after the votes.</summary>
    public required BelievedAccuracy Believed { get; init; }

    /// <summary>At most so much accuracy is lost on average because trust is an estimate, if errors are independent.</summary>
    public required double GapBound { get; init; }

    /// <summary>The accuracy asked for; null where none was.</summary>
    public required double? Accuracy { get; init; }

    /// <summary>Why no further member was asked: <c>all</c> have voted, <c>accuracy</c> is reached, or the <c>deadline</c> has passed.</summary>
    public required string Stop { get; init; }

    /// <summary>The members that voted for the label, most weight first.</summary>
    public required IReadOnlyList<string> DecidedBy { get; init; }

    /// <summary>The votes, in the order of the members.</summary>
    public required IReadOnlyList<MemberVote> Votes { get; init; }

    /// <summary>The members that were asked and gave no answer; the label is that of the others.</summary>
    public required IReadOnlyList<MissingMember> Missing { get; init; }

    /// <summary>The labels with a vote, most probable first.</summary>
    public required IReadOnlyList<LabelBelief> Labels { get; init; }

    /// <summary>What all votes together took.</summary>
    public required EnsembleSpent Spent { get; init; }
}

/// <summary>The answers for several inputs, in the order in which the request brought them.</summary>
/// <param name="Ensemble">The ensemble's name.</param>
/// <param name="Results">One per input.</param>
internal sealed record EnsembleAnswers(string Ensemble, IReadOnlyList<EnsembleAnswer> Results);

/// <summary>The accuracy believed of an ensemble's label.</summary>
/// <param name="Before">Of the vote of all members, before any of them was asked, as if errors were independent.</param>
/// <param name="After">Of this label, by the votes: the posterior.</param>
/// <param name="Independent">The posterior without the correction for errors that members share.</param>
internal sealed record BelievedAccuracy(double Before, double After, double Independent);

/// <summary>The vote of one member.</summary>
internal sealed record MemberVote
{
    /// <summary>The member's name.</summary>
    public required string Member { get; init; }

    /// <summary>Its model.</summary>
    public required string Model { get; init; }

    /// <summary>The label it voted for.</summary>
    public required string Label { get; init; }

    /// <summary>What its model itself gives that label.</summary>
    public required double Probability { get; init; }

    /// <summary>How often it is right, as far as is known.</summary>
    public required double Trust { get; init; }

    /// <summary>The weight of its vote: ln((K − 1)·trust / (1 − trust)) for K labels.</summary>
    public required double Weight { get; init; }

    /// <summary>How its answer was found.</summary>
    public required SolveReport Solve { get; init; }
}

/// <summary>A member that gave no answer.</summary>
/// <param name="Member">Its name.</param>
/// <param name="Problem">The kind of problem, as its model's own path would answer.</param>
/// <param name="Detail">The same in words.</param>
internal sealed record MissingMember(string Member, string Problem, string Detail);

/// <summary>What is believed of one label.</summary>
/// <param name="Label">The label.</param>
/// <param name="Posterior">How probable it is by the votes.</param>
internal sealed record LabelBelief(string Label, double Posterior);

/// <summary>What the votes on one input took.</summary>
/// <param name="Members">Members that voted.</param>
/// <param name="Evaluations">Evaluations of their cells.</param>
/// <param name="Ms">Milliseconds from the first question to the last answer.</param>
/// <param name="Cost">The sum of their costs, in the unit of the ensemble's description.</param>
/// <param name="CostOfAll">The sum of the costs of all members.</param>
internal sealed record EnsembleSpent(int Members, int Evaluations, double Ms, double Cost, double CostOfAll);

/// <summary>What is known to be true of an answer.</summary>
/// <param name="Answer">The answer's name.</param>
/// <param name="Label">The true label.</param>
internal sealed record EnsembleFeedback([property: JsonRequired] string Answer, [property: JsonRequired] string Label);

/// <summary>Feedback was counted, and is on disk.</summary>
/// <param name="Ensemble">The ensemble.</param>
/// <param name="Answer">The answer's name.</param>
/// <param name="Label">The true label.</param>
internal sealed record FeedbackReceipt(string Ensemble, string Answer, string Label);
