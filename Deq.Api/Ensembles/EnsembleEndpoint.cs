using Deq.Api.Models;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Solving;
using Deq.Api.Tasks;
using Deq.Runtime.Trust;

namespace Deq.Api.Ensembles;

/// <summary><c>POST /api/v1/ensembles/{ensemble}/…</c>: the members of an ensemble vote on what one request brings to a task.</summary>
/// <param name="task">The task of the members.</param>
/// <param name="path">Measures what answers of this endpoint take beside the engines.</param>
/// <param name="services">The server's.</param>
internal sealed class EnsembleEndpoint(IServedTask task, AnswerPath path, IServiceProvider services)
{
    private readonly EnsembleCatalogue _ensembles = services.GetRequiredService<EnsembleCatalogue>();
    private readonly ModelCatalogue _models = services.GetRequiredService<ModelCatalogue>();
    private readonly EnsembleTrust _trust = services.GetRequiredService<EnsembleTrust>();
    private readonly KeptAnswers _kept = services.GetRequiredService<KeptAnswers>();
    private readonly HeldBodies _bodies = services.GetRequiredService<HeldBodies>();
    private readonly RequestLimits _limits = services.GetRequiredService<RequestLimits>();
    private readonly TimeProvider _clock = services.GetRequiredService<TimeProvider>();

    /// <summary>The parameters that a request may give; what each solve may spend is the ensemble's to say.</summary>
    public static IReadOnlyList<SolveParameter> Parameters { get; } = [SolveParameter.Accuracy, SolveParameter.DeadlineMs, SolveParameter.Priority];

    public async Task<IResult> AnswerAsync(string ensemble, HttpContext http)
    {
        long begun = _clock.GetTimestamp();
        Ensemble found = _ensembles.Find(ensemble);
        ServedModel first = found.Members[0].Model;
        if (found.Task != task)
        {
            throw new ProblemException(ProblemKinds.WrongTask, $"{found.Name} does {found.Task.Task.Name}; its path is /api/v1/ensembles/{found.Name}/{found.Task.Path}.");
        }

        // What can be refused without the body is refused before it is read.
        KeyValuePair<string, string>[] query = SolveRequest.QueryOf(http.Request);
        ModelBudgets budgets = found.Members[0].Budgets;
        var asked = SolveRequest.Parse(query, budgets, Parameters);
        http.Features.Set(new FieldCheck(fields => SolveRequest.Parse([.. query, .. fields], budgets, Parameters)));
        using HeldBodies.Share share = _bodies.Open(found.Name, ClientLimit.ClientOf(http));
        if (await task.ReadAsync(http.Request, first, share) is not { } input)
        {
            await http.EndEarlyAsync();
            return Results.Empty;
        }

        KeyValuePair<string, string>[] given = [.. query, .. input.Fields];
        asked = input.Fields.Count == 0 ? asked : SolveRequest.Parse(given, budgets, Parameters);
        SolveGrant[] grants = [.. found.Members.Select(member => GrantOf(member, given, share))];
        var poll = new Poll(found, _trust.Of(found), asked.Accuracy)
        {
            Grants = grants,
            Parts = [.. grants.Select(grant => input.Parts(grant, AcceptHeader.Json))],
            Begun = begun,
            Gone = ClientConnection.GoneOf(http),
        };
        return await AnswerAsync(poll, http);
    }

    private async Task<IResult> AnswerAsync(Poll poll, HttpContext http)
    {
        double best = EnsembleVote.Best(poll.Ensemble, poll.Trust);
        if (poll.Accuracy > best)
        {
            throw new ProblemException(ProblemKinds.AccuracyNotReached, $"Whatever the members vote, the label is right with probability {best:f4} at most; {poll.Accuracy} is asked for.")
                .With("best", best);
        }

        long submitted = _clock.GetTimestamp();
        Decision?[] decisions = await Task.WhenAll(Enumerable.Range(0, poll.Images).Select(image => DecideAsync(poll, image, http)));
        if (decisions.Contains(null))
        {
            http.NoteClientGone();
            return Results.Empty;
        }

        path.NoteWhenSent(http.Response, submitted, _clock.GetElapsedTime(submitted));
        string client = ClientLimit.ClientOf(http);
        EnsembleAnswer[] answers = await Task.WhenAll(decisions.Select(decision => _kept.KeepAsync(decision!.Answer, client)));
        RequestRecord.Of(http).Note(
            SolveReport.StopsOf(answers.SelectMany(answer => answer.Votes).Select(vote => vote.Solve)), answers.Sum(answer => answer.Spent.Evaluations));
        object result = answers is [var only] ? only : new EnsembleAnswers(poll.Ensemble.Name, answers);
        return decisions.All(decision => decision!.IsReached) ? TypedResults.Ok(result) : throw NotReached(decisions!, result);
    }

    private async Task<Decision?> DecideAsync(Poll poll, int image, HttpContext http)
    {
        var vote = new EnsembleVote(poll.Ensemble, poll.Trust, poll.Accuracy, member => AskAsync(poll, member, image, http));
        long begun = _clock.GetTimestamp();
        try
        {
            return await vote.AskAsync(() => _clock.GetElapsedTime(poll.Begun) < poll.Deadline) ? new Decision(vote.Answer(_clock.GetElapsedTime(begun)), vote.IsReached) : null;
        }
        catch (ProblemException fault)
        {
            throw EngineCall.Placed(fault, image, poll.Images);
        }
    }

    private async Task<SolvedPart?> AskAsync(Poll poll, int member, int image, HttpContext http)
    {
        SolveGrant grant = poll.Grants[member];
        using ModelLease lease = _models.Rent(poll.Ensemble.Members[member].Model.Manifest.Name);
        poll.Ensemble.Members[member].RefuseChanged(lease.Model);
        var engine = new EngineCall(lease.Model, grant, path.Left(poll.Deadline, poll.Begun));
        try
        {
            return await engine.SolveAsync([poll.Parts[member][image]], progress: null, continuesOnEngineThread: false, poll.Gone) is [var solved] ? solved : null;
        }
        catch (Exception fault) when (fault is not (ProblemException or OperationCanceledException))
        {
            // As a problem it leaves out this member alone: a model without room for a lane, or whose graphs fail, must not end the vote of the others.
            throw ProblemPipeline.ProblemOf(fault, http);
        }
    }

    private SolveGrant GrantOf(EnsembleMember member, IEnumerable<KeyValuePair<string, string>> given, HeldBodies.Share share)
    {
        IEnumerable<KeyValuePair<string, string>> passed = given.Where(pair => pair.Key != SolveParameter.Accuracy.Name);
        return SolveGrant.Of(member.Ask(passed), member.Model.Manifest, _limits).For(share);
    }

    private static ProblemException NotReached(IReadOnlyList<Decision> decisions, object result)
    {
        Decision first = decisions.First(decision => !decision.IsReached);
        string why = first.Answer.Stop == EnsembleVote.Late ? "the deadline has passed" : "every member has voted";
        return new ProblemException(
            ProblemKinds.AccuracyNotReached,
            $"{decisions.Count(decision => !decision.IsReached)} of {decisions.Count} inputs: the best label, {first.Answer.Label}, is right with probability {first.Answer.Posterior:f4}, "
                + $"and {why}; {first.Answer.Accuracy} is asked for.")
            .With("best", first.Answer.Posterior)
            .With("result", result);
    }

    /// <summary>What is asked of an ensemble, once the request has been read.</summary>
    private sealed record Poll(Ensemble Ensemble, IReadOnlyList<BetaTrust> Trust, double? Accuracy)
    {
        public required SolveGrant[] Grants { get; init; }

        /// <summary>The solves of each member, one per image, with their events left out.</summary>
        public required IReadOnlyList<SolvePart>[] Parts { get; init; }

        /// <summary>The clock's timestamp at which the request came.</summary>
        public required long Begun { get; init; }

        /// <summary>Cancelled when the client leaves.</summary>
        public required CancellationToken Gone { get; init; }

        public TimeSpan Deadline => TimeSpan.FromMilliseconds(Grants.Min(grant => grant.DeadlineMs));

        public int Images => Parts[0].Count;
    }

    private sealed record Decision(EnsembleAnswer Answer, bool IsReached);
}
