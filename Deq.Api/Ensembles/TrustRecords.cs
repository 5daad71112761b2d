using System.Globalization;
using Deq.Api.Requests;

namespace Deq.Api.Ensembles;

/// <summary>An answer of an ensemble that feedback may be given for.</summary>
/// <param name="Id">Names the answer, unique.</param>
/// <param name="Ensemble">The ensemble's name.</param>
/// <param name="Label">The label decided for.</param>
/// <param name="Believed">Its posterior, in [0, 1].</param>
/// <param name="Votes">The label of each member that voted, by the member's name.</param>
/// <param name="Client">Who asked.</param>
internal sealed record StoredAnswer(string Id, string Ensemble, string Label, double Believed, IReadOnlyDictionary<string, string> Votes, string Client);

/// <summary>What became of a feedback.</summary>
internal enum FeedbackOutcome
{
    /// <summary>Counted, and durable.</summary>
    Recorded,

    /// <summary>The same truth was given before; nothing was counted twice.</summary>
    Repeated,

    /// <summary>Another truth was given before, which stays.</summary>
    Contradicting,

    /// <summary>There is no such answer of this ensemble, or none any more.</summary>
    UnknownAnswer,
}

/// <summary>How often a member of an ensemble was right and wrong where the truth became known.</summary>
/// <param name="Ensemble">The ensemble's name.</param>
/// <param name="Member">The member's name.</param>
/// <param name="Right">Right votes, from 0 to <see cref="Most"/>.</param>
/// <param name="Wrong">Wrong votes, from 0 to <see cref="Most"/>.</param>
internal sealed record MemberCount(string Ensemble, string Member, double Right, double Wrong)
{
    /// <summary>The most votes of a count: far more than are ever checked, and so few that trust, its interval and sums of counts stay exact.</summary>
    public const double Most = 1e9;

    /// <summary>Whether a number can be a count.</summary>
    public static bool Holds(double votes) => votes is >= 0 and <= Most;

    /// <summary>The counts, each brought to the nearest end of its range.</summary>
    public MemberCount InRange() => this with { Right = Math.Clamp(Right, 0, Most), Wrong = Math.Clamp(Wrong, 0, Most) };
}

/// <summary>Believed against observed accuracy of the answers that got feedback, kept or not.</summary>
/// <param name="Answers">How many.</param>
/// <param name="Believed">The mean posterior; 0 without any.</param>
/// <param name="Observed">The share that was right; 0 without any.</param>
/// <param name="Error">The standard error of believed − observed; 0 below two answers.</param>
internal sealed record BeliefAgainstTruth(long Answers, double Believed, double Observed, double Error);

/// <summary>The trust of an ensemble in one document, to move it to another store.</summary>
/// <param name="Format">1.</param>
/// <param name="Members">The counts of every member, each once.</param>
internal sealed record TrustDocument(int Format, IReadOnlyList<MemberCount> Members)
{
    private const int Known = 1;

    /// <summary>The first thing that keeps it from being imported; null where nothing does.</summary>
    public string? Fault()
    {
        if (Format != Known)
        {
            return $"The trust document has format {Format}; format {Known} can be read.";
        }

        for (int place = 0; place < Members.Count; place++)
        {
            (_, string member, double right, double wrong) = Members[place];
            if (!MemberCount.Holds(right) || !MemberCount.Holds(wrong))
            {
                return string.Create(
                    CultureInfo.InvariantCulture, $"members[{place}] has {right} right and {wrong} wrong votes; each must be a number from 0 to {MemberCount.Most}.");
            }

            if (Members.Take(place).Any(before => before.Member == member))
            {
                return $"members[{place}] names '{member.Shorten()}' once more; a document has each member once.";
            }
        }

        return null;
    }
}
