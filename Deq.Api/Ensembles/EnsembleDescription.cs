using Deq.Runtime.Trust;

namespace Deq.Api.Ensembles;

/// <summary>The ensembles of a server.</summary>
/// <param name="Ensembles">In the order of their names.</param>
internal sealed record EnsembleList(IReadOnlyList<EnsembleDescription> Ensembles);

/// <summary>An ensemble, its members and what is believed of it.</summary>
internal sealed record EnsembleDescription
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The task of its members.</summary>
    public required string Task { get; init; }

    /// <summary>Where it is asked.</summary>
    public required string Path { get; init; }

    /// <summary>One sentence for people.</summary>
    public required string Description { get; init; }

    /// <summary>What its members vote on.</summary>
    public required IReadOnlyList<string> Labels { get; init; }

    /// <summary>In the order of the votes.</summary>
    public required IReadOnlyList<MemberDescription> Members { get; init; }

    /// <summary>T that corrects posteriors for errors that members share; 1: not at all.</summary>
    public required double Temperature { get; init; }

    /// <summary>The accuracy believed of the vote of all members, as if errors were independent.</summary>
    public required double Believed { get; init; }

    /// <summary>The highest posterior that it can reach, whatever its members vote.</summary>
    public required double Best { get; init; }

    /// <summary>At most so much accuracy is lost on average because trust is an estimate, if errors are independent.</summary>
    public required double GapBound { get; init; }

    /// <summary>Belief against truth of the answers with feedback.</summary>
    public required FeedbackSummary Feedback { get; init; }

    internal static EnsembleDescription Of(Ensemble ensemble, IReadOnlyList<BetaTrust> trust, BeliefAgainstTruth belief)
    {
        double believed = ClassAccuracy.Believed([.. trust.Select(source => source.Mean)], ensemble.Labels.Count).Value;
        return new EnsembleDescription
        {
            Name = ensemble.Name,
            Task = ensemble.Task.Task.Name,
            Path = $"/api/v1/ensembles/{ensemble.Name}/{ensemble.Task.Path}",
            Description = ensemble.Description,
            Labels = ensemble.Labels,
            Members = [.. ensemble.Members.Zip(trust, (member, source) => MemberDescription.Of(member, source, ensemble.Labels.Count))],
            Temperature = ensemble.Temperature,
            Believed = believed,
            Best = EnsembleVote.Best(ensemble, trust),
            GapBound = VoteStability.ExpectedBound(trust, believed),
            Feedback = new(belief.Answers, belief.Believed, belief.Observed, belief.Error),
        };
    }
}

/// <summary>A member and the trust in it.</summary>
internal sealed record MemberDescription
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its model.</summary>
    public required string Model { get; init; }

    /// <summary>What asking it costs, in the unit that the members share.</summary>
    public required double Cost { get; init; }

    /// <summary>How often it is right, as far as is known.</summary>
    public required double Trust { get; init; }

    /// <summary>Holds how often it is right with probability 0.95: the lower end.</summary>
    public required double Low { get; init; }

    /// <summary>The upper end.</summary>
    public required double High { get; init; }

    /// <summary>The weight of its vote.</summary>
    public required double Weight { get; init; }

    /// <summary>Checked votes that were right, with those that the prior stands for.</summary>
    public required double Right { get; init; }

    /// <summary>Checked votes that were wrong, with those that the prior stands for.</summary>
    public required double Wrong { get; init; }

    internal static MemberDescription Of(EnsembleMember member, BetaTrust trust, int classes)
    {
        (double low, double high) = trust.Interval();
        return new MemberDescription
        {
            Name = member.Name,
            Model = member.Model.Manifest.Name,
            Cost = member.Cost,
            Trust = trust.Mean,
            Low = low,
            High = high,
            Weight = VoteWeights.Of(trust.Mean, classes),
            Right = trust.Right,
            Wrong = trust.Wrong,
        };
    }
}

/// <summary>Belief against truth of an ensemble's answers with feedback.</summary>
/// <param name="Answers">How many.</param>
/// <param name="Believed">Their mean posterior; 0 without any.</param>
/// <param name="Observed">The share that was right; 0 without any.</param>
/// <param name="Error">The standard error of the difference; 0 below two answers.</param>
internal sealed record FeedbackSummary(long Answers, double Believed, double Observed, double Error);
