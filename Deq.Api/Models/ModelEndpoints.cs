using Deq.Api.Documentation;
using Deq.Api.Errors;
using Deq.Api.Settings;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Deq.Api.Models;

/// <summary><c>GET /api/v1/models</c>: what this server serves.</summary>
internal static class ModelEndpoints
{
    public static void MapModels(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder group = routes.MapGroup("/api/v1/models").WithTags("Models").RequireJsonAccepted().CatchProblems()
            .CanFail(ProblemKinds.NotAcceptable);
        group.MapGet("/", List)
            .WithName("listModels")
            .WithSummary("Lists the models.")
            .WithDescription("Every model that this server has opened, with its input, labels, defaults and limits.");
        group.MapGet("/{model}", Describe)
            .WithName("describeModel")
            .WithSummary("Describes one model.")
            .WithDescription("The model's task, input, labels, defaults, limits, measured quality and the SHA-256 that names its exact contents.")
            .CanFail(ProblemKinds.ModelNotFound);
    }

    private static Ok<ModelList> List(ModelCatalog catalog, RequestLimits limits) =>
        TypedResults.Ok(new ModelList([.. catalog.All.Select(model => ModelDescription.Of(model, limits))]));

    private static Ok<ModelDescription> Describe(string model, ModelCatalog catalog, RequestLimits limits) =>
        TypedResults.Ok(ModelDescription.Of(catalog.Find(model), limits));
}
