using Deq.Api.Documentation;
using Deq.Api.Models;
using Deq.Api.Observability;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Solving;
using Deq.Runtime.Tasks;

namespace Deq.Api.Tasks.Classification;

/// <summary><c>POST /api/v1/models/{model}/classify</c>: what is in an image.</summary>
internal static class ClassificationEndpoint
{
    public const string Name = "classify";

    public static void MapClassification(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/api/v1/models/{model}/classify", ClassifyAsync)
            .RequireAccepted(AcceptHeader.Json, AcceptHeader.EventStream)
            .CatchProblems()
            .LimitClients()
            .WithTags("Classification")
            .WithName(Name)
            .WithSummary("Classifies one image, or several.")
            .WithDescription(
                "Send an image as the body, several as parts named image of a multipart form, or normalised tensors. "
                + "Each image is solved on its own. Parameters go into the query or into fields of the form. A small residual does not prove the prediction right. "
                + "With Accept: text/event-stream the solve can be watched: iterate events, then one result or problem event.")
            .CanFail([.. ProblemKinds.All.Except([ProblemKinds.NotFound, ProblemKinds.MethodNotAllowed, ProblemKinds.FrameSize, .. ProblemKinds.OfStreams])]);

    private static async Task<IResult> ClassifyAsync(
        string model, HttpContext http, ModelCatalog catalog, BudgetCatalog budgets, PayloadReader reader, HeldBodies bodies, RequestLimits limits,
        AnswerPath path, TimeProvider clock)
    {
        long begun = clock.GetTimestamp();
        ServedModel served = catalog.Find(model);
        served.Require(ModelTasks.Classification);
        ModelBudgets profiles = budgets.Of(served);
        KeyValuePair<string, string>[] query = SolveRequest.QueryOf(http.Request);
        var asked = SolveRequest.Parse(query, profiles);
        using HeldBodies.Share share = bodies.Open(model);
        if (await reader.ReadAsync(http.Request, served, share) is not { } payload)
        {
            await http.EndEarlyAsync();
            return Results.Empty;
        }

        asked = payload.Fields.Count == 0 ? asked : SolveRequest.Parse([.. query, .. payload.Fields], profiles);
        var grant = SolveGrant.Of(asked, served.Manifest, limits);
        if (AcceptHeader.PrefersEvents(http.Request))
        {
            await EventStream.WriteAsync(http, payload.Images.Count, async (progress, cancellation) =>
                await AnswerAsync(progress, cancellation) ?? throw new OperationCanceledException(cancellation));
            return Results.Empty;
        }

        try
        {
            if (await AnswerAsync(null, ClientConnection.GoneOf(http)) is { } answer)
            {
                await JsonAnswer.WriteAsync(http, answer);
            }
            else
            {
                http.NoteClientGone();
            }
        }
        finally
        {
            await LeaveEngineThreadAsync();
        }

        return Results.Empty;

        async Task<object?> AnswerAsync(Action<IterateEvent>? progress, CancellationToken cancellation)
        {
            long submitted = clock.GetTimestamp();
            TimeSpan time = path.Left(TimeSpan.FromMilliseconds(grant.DeadlineMs), begun);
            if (await Classifier.ClassifyAsync(served, payload, grant, time, progress, cancellation) is not { } results)
            {
                return null;
            }

            var solved = TimeSpan.FromMilliseconds(results.Max(result => result.Solve.SpentMs));
            path.NoteWhenSent(http.Response, submitted, solved);
            RequestRecord.Of(http).Note([.. results.Select(result => result.Solve)]);
            if (asked.RequireConverged)
            {
                Unconverged.Refuse([.. results.Select(result => result.Solve)]);
            }

            return AnswerOf(served, results);
        }
    }

    /// <summary>An answer may have been written on the engine thread that found it. All that follows, the client's next request too, is not its business.</summary>
    private static async Task LeaveEngineThreadAsync()
    {
        if (!Thread.CurrentThread.IsThreadPoolThread)
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        }
    }

    private static object AnswerOf(ServedModel served, IReadOnlyList<ImageResult> results)
    {
        (string name, string version) = (served.Manifest.Name, served.Manifest.Version);
        return results is [var only]
            ? new ClassificationAnswer(name, version, served.Sha256, only.Predictions, only.Solve)
            : new ClassificationAnswers(name, version, served.Sha256, results);
    }
}
