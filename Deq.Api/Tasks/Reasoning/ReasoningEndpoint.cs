using Deq.Api.Documentation;
using Deq.Api.Models;
using Deq.Api.Observability;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Solving;
using Deq.Runtime.Tasks;

namespace Deq.Api.Tasks.Reasoning;

/// <summary><c>POST /api/v1/models/{model}/reason</c>: a grid or sequence of tokens in, its answer out.</summary>
internal static class ReasoningEndpoint
{
    public const string Name = "reason";

    public static void MapReasoning(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/api/v1/models/{model}/reason", ReasonAsync)
            .RequireAccepted(AcceptHeader.Json, AcceptHeader.EventStream)
            .CatchProblems()
            .LimitClients()
            .WithTags("Reasoning")
            .WithName(Name)
            .WithSummary("Answers a puzzle, or several.")
            .WithDescription(
                "Send a question as text with parameters in the query, or a JSON object with input, or inputs for several, and parameters beside it. "
                + "effort decides evaluations, starts and tolerance. settled says whether the state has come to rest; valid, where there is a checker, whether "
                + "the answer solves the question. With Accept: text/event-stream the iterates can be watched.")
            .CanFail([.. ProblemKinds.All.Except(
                [
                    ProblemKinds.NotFound, ProblemKinds.MethodNotAllowed, ProblemKinds.FrameSize, ProblemKinds.TensorShape, ProblemKinds.NonFiniteTensor,
                    ProblemKinds.MalformedMultipart, ProblemKinds.ImageTooLarge, ProblemKinds.UnsupportedImage, ProblemKinds.UnreadableImage, ProblemKinds.ImageTooSlow,
                    .. ProblemKinds.OfStreams,
                ])]);

    private static async Task<IResult> ReasonAsync(
        string model, HttpContext http, ModelCatalog catalog, BudgetCatalog budgets, PayloadReader reader, HeldBodies bodies, RequestLimits limits,
        AnswerPath path, TimeProvider clock)
    {
        long begun = clock.GetTimestamp();
        ServedModel served = catalog.Find(model);
        served.Require(ModelTasks.Reasoning);
        ModelBudgets profiles = budgets.Of(served);
        KeyValuePair<string, string>[] query = SolveRequest.QueryOf(http.Request);
        ReasoningGrant.Of(query, profiles, served.Manifest, limits);
        using HeldBodies.Share share = bodies.Open(model);
        ReasoningQuestions? questions = await reader.ReadAsync<ReasoningQuestions?>(
            http.Request,
            share,
            ReasoningQuestions.Types,
            ReasoningQuestions.Missing,
            async (body, type, _) => await body.ReadAsync(limits.BodyBytes) is { } bytes ? ReasoningQuestions.Read(bytes, type, served, limits) : null);
        if (questions is null)
        {
            await http.EndEarlyAsync();
            return Results.Empty;
        }

        (ReasoningGrant grant, bool requireConverged) = ReasoningGrant.Of([.. query, .. questions.Fields], profiles, served.Manifest, limits);
        if (AcceptHeader.PrefersEvents(http.Request))
        {
            await EventStream.WriteAsync<ReasoningIterate>(http, questions.Inputs.Count * grant.Starts, async (progress, cancellation) =>
                await AnswerAsync(progress, cancellation) ?? throw new OperationCanceledException(cancellation));
            return Results.Empty;
        }

        if (await AnswerAsync(null, ClientConnection.GoneOf(http)) is { } answer)
        {
            await JsonAnswer.WriteAsync(http, answer);
        }
        else
        {
            http.NoteClientGone();
        }

        return Results.Empty;

        async Task<object?> AnswerAsync(Action<ReasoningIterate>? progress, CancellationToken cancellation)
        {
            long submitted = clock.GetTimestamp();
            TimeSpan time = path.Left(TimeSpan.FromMilliseconds(grant.Solve.DeadlineMs), begun);
            if (await new Reasoner(served, grant).AnswerAsync(questions.Inputs, time, progress, cancellation) is not { } results)
            {
                return null;
            }

            SolveReport[] solves = [.. results.Select(result => result.Solve)];
            path.NoteWhenSent(http.Response, submitted, TimeSpan.FromMilliseconds(solves.Max(solve => solve.SpentMs)));
            RequestRecord.Of(http).Note(solves);
            if (requireConverged)
            {
                Unconverged.Refuse(solves);
            }

            return AnswerOf(served, results, questions.IsBatch);
        }
    }

    private static object AnswerOf(ServedModel served, ReasoningResult[] results, bool isBatch)
    {
        (string name, string version) = (served.Manifest.Name, served.Manifest.Version);
        return isBatch ? new ReasoningAnswers(name, version, served.Sha256, results) : new ReasoningAnswer(name, version, served.Sha256, results[0]);
    }
}
