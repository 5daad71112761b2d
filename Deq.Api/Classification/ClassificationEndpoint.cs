using Deq.Api.Documentation;
using Deq.Api.Errors;
using Deq.Api.Models;
using Deq.Api.Settings;

namespace Deq.Api.Classification;

/// <summary><c>POST /api/v1/models/{model}/classify</c>: what is in an image.</summary>
internal static class ClassificationEndpoint
{
    public const string Name = "classify";

    public static void MapClassification(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/api/v1/models/{model}/classify", ClassifyAsync)
            .RequireJsonAccepted()
            .CatchProblems()
            .WithTags("Classification")
            .WithName(Name)
            .WithSummary("Classifies one image, or several.")
            .WithDescription(
                "Send an image as the body, several as parts named image of a multipart form, or normalised tensors. "
                + "Each image is solved on its own. Parameters go into the query or into fields of the form. A small residual does not prove the prediction right.")
            .CanFail([.. ProblemKinds.All.Except([ProblemKinds.NotFound, ProblemKinds.MethodNotAllowed])]);

    private static async Task<IResult> ClassifyAsync(
        string model, HttpContext http, ModelCatalog catalog, PayloadReader reader, HeldBodies bodies, RequestLimits limits)
    {
        ServedModel served = catalog.Find(model);
        KeyValuePair<string, string>[] query =
            [.. http.Request.Query.SelectMany(pair => pair.Value.Select(value => KeyValuePair.Create(pair.Key, value ?? "")))];
        SolveRequest.Parse(query);
        using HeldBodies.Share share = bodies.Open();
        Payload payload = await reader.ReadAsync(http.Request, served, share);
        var asked = SolveRequest.Parse([.. query, .. payload.Fields]);
        var grant = SolveGrant.Of(asked, served.Manifest, limits);
        IReadOnlyList<ImageResult> results = await Classifier.ClassifyAsync(served, payload, grant, http.RequestAborted);
        if (asked.RequireConverged)
        {
            RefuseUnconverged(results);
        }

        (string name, string version) = (served.Manifest.Name, served.Manifest.Version);
        return results is [var only]
            ? TypedResults.Ok(new ClassificationAnswer(name, version, served.Sha256, only.Predictions, only.Solve))
            : TypedResults.Ok(new ClassificationAnswers(name, version, served.Sha256, results));
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
