using Deq.Api.Models;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Solving;
using Deq.Api.Tasks;

namespace Deq.Api.Fronts.Rest;

/// <summary><c>POST /api/v1/models/{model}/…</c>: one request to one task. The same for every task, from the first check to the last byte.</summary>
/// <param name="task">What is asked.</param>
/// <param name="path">Measures what answers of this endpoint take beside the engine.</param>
/// <param name="services">The server's.</param>
internal sealed class TaskEndpoint(IServedTask task, AnswerPath path, IServiceProvider services)
{
    private readonly ModelCatalogue _models = services.GetRequiredService<ModelCatalogue>();
    private readonly BudgetCatalogue _budgets = services.GetRequiredService<BudgetCatalogue>();
    private readonly PathOfTask _paths = services.GetRequiredService<PathOfTask>();
    private readonly HeldBodies _bodies = services.GetRequiredService<HeldBodies>();
    private readonly RequestLimits _limits = services.GetRequiredService<RequestLimits>();
    private readonly DecodingThreads _decoding = services.GetRequiredService<DecodingThreads>();
    private readonly TimeProvider _clock = services.GetRequiredService<TimeProvider>();

    /// <summary>The problems that every task can answer with.</summary>
    public static IReadOnlyList<ProblemKind> Problems { get; } =
    [
        ProblemKinds.MalformedRequest, ProblemKinds.UnknownParameter, ProblemKinds.InvalidParameter, ProblemKinds.ConflictingParameter,
        ProblemKinds.MissingBody, ProblemKinds.WrongTask, ProblemKinds.ModelNotFound, ProblemKinds.NotAcceptable, ProblemKinds.BodyTooSlow, ProblemKinds.BodyTooLarge,
        ProblemKinds.UnsupportedMediaType, ProblemKinds.NotConverged, ProblemKinds.TooManyRequests, ProblemKinds.InvalidInput, ProblemKinds.Diverged, ProblemKinds.QueueFull,
        ProblemKinds.DeadlineUnreachable, ProblemKinds.Overloaded, ProblemKinds.Stopping,
    ];

    public async Task<IResult> AnswerAsync(string model, HttpContext http)
    {
        long begun = _clock.GetTimestamp();
        using ModelLease lease = _models.Rent(model);
        ServedModel served = lease.Model;
        served.Require(served.Manifest.Task == task.Task.Name, task.Task.Name, _paths);
        if (task.RefusalOf(served) is { } refusal)
        {
            throw refusal;
        }

        ModelBudgets profiles = _budgets.Of(served);
        KeyValuePair<string, string>[] query = SolveRequest.QueryOf(http.Request);

        // What can be refused without the body is refused before it is read.
        var asked = SolveRequest.Parse(query, profiles, task.Parameters);
        http.Features.Set(new FieldCheck(fields => SolveRequest.Parse([.. query, .. fields], profiles, task.Parameters)));
        using HeldBodies.Share share = _bodies.Open(model, ClientLimit.ClientOf(http));
        if (await task.ReadAsync(http.Request, served, share) is not { } input)
        {
            await http.EndEarlyAsync();
            return Results.Empty;
        }

        asked = input.Fields.Count == 0 ? asked : SolveRequest.Parse([.. query, .. input.Fields], profiles, task.Parameters);
        SolveGrant grant = SolveGrant.Of(asked, served.Manifest, task.DefaultsOf(served.Manifest), _limits).For(share);
        string mediaType = AcceptHeader.Best(http.Request, task.MediaTypes);
        var call = new SolveCall
        {
            Model = served,
            Grant = grant,
            Parts = task.Computes
                ? await _decoding.RunAsync(grant.Client, () => input.Parts(grant, mediaType), ClientConnection.GoneOf(http))
                : input.Parts(grant, mediaType),
            RequiresConverged = asked.RequireConverged,
            Begun = begun,
            ContinuesOnEngineThread = true,
        };
        await (mediaType == AcceptHeader.EventStream ? SendEventsAsync(http, call, share) : SendAsync(http, call, mediaType, share));
        return Results.Empty;
    }

    private Task SendEventsAsync(HttpContext http, SolveCall call, HeldBodies.Share share) => EventStream.WriteAsync(
        http,
        [.. call.Parts.Select(part => part.Events?.Bytes ?? 0)],
        share,
        async (progress, cancellation) =>
            (await SolveAsync(http, call with { Progress = progress }, AcceptHeader.EventStream, cancellation))?.Json ?? throw new OperationCanceledException(cancellation));

    private async Task SendAsync(HttpContext http, SolveCall call, string mediaType, HeldBodies.Share share)
    {
        try
        {
            if (await SolveAsync(http, call, mediaType, ClientConnection.GoneOf(http)) is { } answer)
            {
                await AnswerWriter.WriteAsync(http, answer, mediaType, share);
            }
            else
            {
                http.NoteClientGone();
            }
        }
        finally
        {
            // An answer may have been written on the engine thread that found it: the next request of the connection must not run there.
            await AnswerWriter.LeaveEngineThreadAsync();
        }
    }

    /// <summary>The answer; null when the client has left.</summary>
    private async Task<TaskAnswer?> SolveAsync(HttpContext http, SolveCall call, string mediaType, CancellationToken cancellation)
    {
        if (await task.SolveAsync(call, each => each.SolveAsync(http, path, _clock, cancellation)) is not { } solved)
        {
            return null;
        }

        TaskAnswer answer = task.Computes
            ? await AnswerWait.Of(http).RunAsync(_decoding, call.Grant.Client, _clock, () => task.Answer(call.Model, solved, mediaType), cancellation)
            : task.Answer(call.Model, solved, mediaType);
        call.RequireConverged(answer.Solves ?? [.. solved.Select(part => part.Report)], answer.IsOfOne);
        return answer;
    }
}
