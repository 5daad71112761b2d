using Deq.Api.Budgets;
using Deq.Api.Clients;
using Deq.Api.Documentation;
using Deq.Api.Errors;
using Deq.Api.Models;
using Deq.Api.Observability;
using Deq.Api.Settings;

namespace Deq.Api.Classification;

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
            .CanFail([.. ProblemKinds.All.Except(NotHere)]);

    /// <summary>Kinds that this endpoint never answers with.</summary>
    internal static IReadOnlyList<ProblemKind> NotHere { get; } =
    [
        ProblemKinds.NotFound, ProblemKinds.MethodNotAllowed, ProblemKinds.OtherTask, ProblemKinds.StreamNotFound, ProblemKinds.FrameConflict, ProblemKinds.FrameSize,
        ProblemKinds.TooManyStreams,
    ];

    private static async Task<IResult> ClassifyAsync(
        string model, HttpContext http, ModelCatalog catalog, BudgetCatalog budgets, PayloadReader reader, HeldBodies bodies, RequestLimits limits,
        AnswerPath path, TimeProvider clock)
    {
        long begun = clock.GetTimestamp();
        ServedModel served = catalog.Find(model);
        ModelBudgets profiles = budgets.Of(served);
        KeyValuePair<string, string>[] query =
            [.. http.Request.Query.SelectMany(pair => pair.Value.Select(value => KeyValuePair.Create(pair.Key, value ?? "")))];
        SolveRequest.Parse(query, profiles);
        using HeldBodies.Share share = bodies.Open(model);
        Payload payload = await reader.ReadAsync(http.Request, served, share);
        var asked = SolveRequest.Parse([.. query, .. payload.Fields], profiles);
        var grant = SolveGrant.Of(asked, served.Manifest, limits);
        if (AcceptHeader.PrefersEvents(http.Request))
        {
            await EventStream.WriteAsync(http, payload.Images.Count, AnswerAsync);
            return Results.Empty;
        }

        return Results.Ok(await AnswerAsync(null, http.RequestAborted));

        async Task<object> AnswerAsync(Action<IterateEvent>? progress, CancellationToken cancellation)
        {
            long submitted = clock.GetTimestamp();
            TimeSpan time = path.Left(TimeSpan.FromMilliseconds(grant.DeadlineMs), begun);
            IReadOnlyList<ImageResult> results = await Classifier.ClassifyAsync(served, payload, grant, time, progress, cancellation);
            var solved = TimeSpan.FromMilliseconds(results.Max(result => result.Solve.SpentMs));
            http.Response.OnCompleted(() =>
            {
                path.Note(clock.GetElapsedTime(submitted) - solved);
                return Task.CompletedTask;
            });
            RequestRecord.Of(http).Note([.. results.Select(result => result.Solve)]);
            if (asked.RequireConverged)
            {
                RefuseUnconverged(results);
            }

            return AnswerOf(served, results);
        }
    }

    private static object AnswerOf(ServedModel served, IReadOnlyList<ImageResult> results)
    {
        (string name, string version) = (served.Manifest.Name, served.Manifest.Version);
        return results is [var only]
            ? new ClassificationAnswer(name, version, served.Sha256, only.Predictions, only.Solve)
            : new ClassificationAnswers(name, version, served.Sha256, results);
    }

    private static void RefuseUnconverged(IReadOnlyList<ImageResult> results)
    {
        int[] open = [.. Enumerable.Range(0, results.Count).Where(i => !results[i].Solve.Converged)];
        if (open.Length == 0)
        {
            return;
        }

        SolveReport first = results[open[0]].Solve;
        string detail = $"The solve stopped by {first.Stop} after {first.Evaluations} evaluations at residual {first.Residual:g4}; "
            + $"the tolerance is {first.Tolerance:g4}.";
        throw results.Count == 1
            ? new ProblemException(ProblemKinds.NotConverged, detail).With("solve", first)
            : new ProblemException(
                ProblemKinds.NotConverged, $"{open.Length} of {results.Count} images did not converge. Image {open[0] + 1}: {detail}")
                .With("images", open)
                .With("results", results.Select(result => new { result.Solve }));
    }
}
