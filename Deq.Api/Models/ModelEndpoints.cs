using Deq.Api.Documentation;
using Deq.Api.Observability;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Solving;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Deq.Api.Models;

/// <summary><c>GET /api/v1/models</c>: what this server serves.</summary>
internal static class ModelEndpoints
{
    public static void MapModels(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder group = routes.MapGroup("/api/v1/models").WithTags("Models").RequireAccepted(AcceptHeader.Json).CatchProblems()
            .CanFail(ProblemKinds.NotAcceptable);
        group.MapGet("/", List)
            .WithName("listModels")
            .WithSummary("Lists the models.")
            .WithDescription("Every model that this server has opened, with its input, labels, defaults and limits.");
        group.MapGet("/{model}", Describe)
            .WithName("describeModel")
            .WithSummary("Describes one model.")
            .WithDescription("The model's task, input, labels, defaults, budget profiles, limits, measured quality and the SHA-256 that names its exact contents.")
            .CanFail(ProblemKinds.ModelNotFound);
        group.MapGet("/{model}/stats", Measure)
            .WithName("measureModel")
            .WithSummary("Says what a model's engine does and has done.")
            .WithDescription(
                "Waiting and running images, answers by why the solve ended, refusals by reason, and histograms of evaluations, residual, solve time, "
                + "queue time and batch occupancy since the server started. The same measurements are at /metrics for Prometheus.")
            .CanFail(ProblemKinds.ModelNotFound);
    }

    private static Ok<ModelList> List(ModelCatalog catalog, BudgetCatalog budgets, RequestLimits limits) =>
        TypedResults.Ok(new ModelList([.. catalog.All.Select(model => ModelDescription.Of(model, budgets.Of(model), limits))]));

    private static Ok<ModelDescription> Describe(string model, ModelCatalog catalog, BudgetCatalog budgets, RequestLimits limits)
    {
        ServedModel served = catalog.Find(model);
        return TypedResults.Ok(ModelDescription.Of(served, budgets.Of(served), limits));
    }

    private static Ok<ModelStats> Measure(string model, ModelCatalog catalog, StatisticsListener statistics)
    {
        ServedModel served = catalog.Find(model);
        return TypedResults.Ok(ModelStats.Of(served, statistics.Of(served)));
    }
}
