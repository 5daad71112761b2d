using Deq.Api.Access;
using Deq.Api.Documentation;
using Deq.Api.Models;
using Deq.Api.Models.Sources;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Solving;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Deq.Api.Fronts.Rest;

/// <summary><c>GET /api/v1/models</c>: what this server serves.</summary>
internal static class ModelEndpoints
{
    public static void MapModels(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder group = routes.MapGroup("/api/v1/models").WithTags("Models").ForRoles(Roles.Infer | Roles.Observe).RequireAccepted(AcceptHeader.Json).CatchProblems()
            .CanFail(ProblemKinds.NotAcceptable);
        group.MapGet("/", List)
            .WithName("listModels")
            .WithSummary("Lists the models.")
            .WithDescription("Every model that this server has opened, with its input, labels, defaults and limits; and those that it is still to fetch.")
            .Describe((_, context) => context.SchemaRepository.Choose<SourceState>("state", SourceState.BeforeLoaded));
        group.MapGet("/{model}", Describe)
            .WithName("describeModel")
            .WithSummary("Describes one model.")
            .WithDescription("The model's task, input, labels, defaults, budget profiles, limits, measured quality and the SHA-256 that names its exact contents.")
            .CanFail(ProblemKinds.ModelNotFound);
    }

    private static Ok<ModelList> List(ModelCatalogue catalogue, BudgetCatalogue budgets, RequestLimits limits, SourceStates sources) =>
        TypedResults.Ok(new ModelList([.. catalogue.All.Select(model => ModelDescription.Of(model, budgets.Of(model), limits))], sources.Awaited));

    private static Ok<ModelDescription> Describe(string model, ModelCatalogue catalogue, BudgetCatalogue budgets, RequestLimits limits)
    {
        ServedModel served = catalogue.Find(model);
        return TypedResults.Ok(ModelDescription.Of(served, budgets.Of(served), limits));
    }
}
