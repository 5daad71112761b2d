using System.Security.Cryptography;
using Deq.Api.Problems;
using Deq.Api.Solving;
using Deq.Api.Tasks;
using Deq.Runtime.Trust;

namespace Deq.Api.Ensembles;

/// <summary>The vote of an ensemble on one input: all members at once, or one after another until an accuracy is reached.</summary>
/// <param name="ensemble">Who votes.</param>
/// <param name="trust">In each member.</param>
/// <param name="accuracy">The posterior to stop at; null asks every member.</param>
/// <param name="ask">Has a member solve the input; null once the client has left.</param>
internal sealed class EnsembleVote(Ensemble ensemble, IReadOnlyList<BetaTrust> trust, double? accuracy, Func<int, Task<SolvedPart?>> ask)
{
    public const string Late = "deadline";

    private const int IdBytes = 12;
    private const string All = "all";
    private const string Reached = "accuracy";

    private readonly SequentialVote _vote = new(
        [.. trust.Select(source => source.Mean)], [.. ensemble.Members.Select(member => member.Cost)], ensemble.Labels.Count, accuracy ?? 1, ensemble.Temperature);

    private readonly SolvedPart?[] _solved = new SolvedPart?[ensemble.Members.Count];
    private readonly Dictionary<int, ProblemException> _missing = [];
    private string _stop = All;

    /// <summary>Why no further member was asked.</summary>
    public static IReadOnlyList<string> Stops { get; } = [All, Reached, Late];

    /// <summary>The highest posterior that this ensemble can reach, see <see cref="SequentialVote.Best"/>.</summary>
    /// <param name="ensemble">Who votes.</param>
    /// <param name="trust">In each member.</param>
    public static double Best(Ensemble ensemble, IReadOnlyList<BetaTrust> trust) => SequentialVote.Best(
        [.. trust.Select(source => source.Mean)], [.. ensemble.Members.Select(member => member.Cost)], ensemble.Labels.Count, ensemble.Temperature);

    /// <summary>Asks the members; false once the client has left.</summary>
    /// <param name="hasTime">Whether the deadline allows another member.</param>
    /// <exception cref="ProblemException">The input is at fault, or no member answers.</exception>
    public async Task<bool> AskAsync(Func<bool> hasTime)
    {
        bool stays = accuracy is null ? await AskAllAsync() : await AskInTurnAsync(hasTime);
        return !stays || _solved.Any(part => part is not null) ? stays : throw _missing.Values.First();
    }

    /// <summary>Whether the accuracy asked for is reached.</summary>
    public bool IsReached => accuracy is not { } level || _vote.Posterior >= level;

    /// <summary>What was decided.</summary>
    /// <param name="elapsed">From the first question to the last answer.</param>
    public EnsembleAnswer Answer(TimeSpan elapsed)
    {
        byte[] id = RandomNumberGenerator.GetBytes(IdBytes);
        int index = _vote.Label(BitConverter.ToUInt64(id));
        MemberVote[] votes = [.. Enumerable.Range(0, _solved.Length).Where(member => _solved[member] is not null).Select(VoteOf)];
        double[] weights = [.. votes.Select(vote => vote.Weight)];
        double[] posteriors = _vote.Posteriors();
        double before = ClassAccuracy.Believed([.. trust.Select(source => source.Mean)], ensemble.Labels.Count).Value;
        return new EnsembleAnswer
        {
            Ensemble = ensemble.Name,
            Answer = System.Buffers.Text.Base64Url.EncodeToString(id),
            Label = ensemble.Labels[index],
            Index = index,
            Posterior = posteriors[index],
            Believed = new(before, posteriors[index], Independent(votes, weights)),
            GapBound = VoteStability.ExpectedBound(trust, before),
            Accuracy = accuracy,
            Stop = _stop,
            DecidedBy = [.. votes.Where(vote => vote.Label == ensemble.Labels[index]).OrderByDescending(vote => vote.Weight).Select(vote => vote.Member)],
            Votes = votes,
            Missing = [.. _missing.OrderBy(pair => pair.Key).Select(pair => new MissingMember(ensemble.Members[pair.Key].Name, pair.Value.Kind.Name, pair.Value.Message))],
            Labels = [.. votes.Select(vote => vote.Label).Distinct(StringComparer.Ordinal).Select(label => new LabelBelief(label, posteriors[IndexOf(label)])).OrderByDescending(belief => belief.Posterior)],
            Spent = Spent(votes, elapsed),
        };
    }

    private async Task<bool> AskAllAsync()
    {
        Task<bool>[] asked = [.. Enumerable.Range(0, _solved.Length).Select(AskAsync)];

        // Every member is awaited, whatever the others came to: until then an engine may read what the request holds.
        await ((Task)Task.WhenAll(asked)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        bool[] stays = [.. await Task.WhenAll(asked)];
        for (int member = 0; member < _solved.Length; member++)
        {
            _vote.Add(member, LabelOf(member));
        }

        return stays.All(stayed => stayed);
    }

    private async Task<bool> AskInTurnAsync(Func<bool> hasTime)
    {
        while (_vote.Next is { } member)
        {
            if (_vote.Votes > 0 && !hasTime())
            {
                _stop = Late;
                return true;
            }

            if (!await AskAsync(member))
            {
                return false;
            }

            _vote.Add(member, LabelOf(member));
        }

        _stop = _vote.IsDecided ? Reached : All;
        return true;
    }

    /// <summary>Asks one member. What is the input's fault ends the vote; what is the member's leaves it out.</summary>
    private async Task<bool> AskAsync(int member)
    {
        try
        {
            _solved[member] = await ask(member);
            return _solved[member] is not null;
        }
        catch (ProblemException fault) when (fault.Kind.Status >= StatusCodes.Status500InternalServerError || fault.Kind == ProblemKinds.ModelNotFound)
        {
            lock (_missing)
            {
                _missing.Add(member, fault);
            }

            return true;
        }
    }

    private int? LabelOf(int member) => _solved[member] is { } part ? ensemble.VoteOf(part).Index : null;

    private MemberVote VoteOf(int member)
    {
        SolvedPart part = _solved[member]!;
        LabelVote vote = ensemble.VoteOf(part);
        return new MemberVote
        {
            Member = ensemble.Members[member].Name,
            Model = ensemble.Members[member].Model.Manifest.Name,
            Label = ensemble.Labels[vote.Index],
            Probability = vote.Probability,
            Trust = trust[member].Mean,
            Weight = VoteWeights.Of(trust[member].Mean, ensemble.Labels.Count),
            Solve = part.Report,
        };
    }

    private double Independent(MemberVote[] votes, double[] weights)
    {
        double[] scores = new double[ensemble.Labels.Count];
        VoteWeights.Score([.. votes.Select(vote => IndexOf(vote.Label))], weights, scores);
        return VoteWeights.Confidence(scores, 1);
    }

    private EnsembleSpent Spent(MemberVote[] votes, TimeSpan elapsed) => new(
        votes.Length,
        votes.Sum(vote => vote.Solve.Evaluations),
        Math.Round(elapsed.TotalMilliseconds, 3),
        ensemble.Members.Where((_, member) => _solved[member] is not null).Sum(member => member.Cost),
        ensemble.Members.Sum(member => member.Cost));

    private int IndexOf(string label) => Enumerable.Range(0, ensemble.Labels.Count).First(index => ensemble.Labels[index] == label);
}
