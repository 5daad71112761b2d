using Deq.Api.Access;
using Deq.Api.Documentation;
using Deq.Api.Models;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Deq.Api.Observability;

/// <summary><c>GET /api/v1/models/{model}/stats</c>: what a model's engine does and has done.</summary>
internal static class StatisticsEndpoint
{
    public static void MapStatistics(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/v1/models/{model}/stats", Measure)
            .WithTags("Models")
            .ForRoles(Roles.Observe)
            .RequireAccepted(AcceptHeader.Json)
            .CatchProblems()
            .WithName("measureModel")
            .WithSummary("Says what a model's engine does and has done.")
            .WithDescription(
                "Waiting and running images, answers by why the solve ended, refusals by reason, and histograms of evaluations, residual, solve time, "
                + "queue time and batch occupancy since the server started. The same measurements are at /metrics for Prometheus.")
            .CanFail(ProblemKinds.NotAcceptable, ProblemKinds.ModelNotFound);

    private static Ok<ModelStats> Measure(string model, ModelCatalogue catalogue, StatisticsListener statistics)
    {
        ServedModel served = catalogue.Find(model);
        return TypedResults.Ok(ModelStats.Of(served, statistics.Of(served)));
    }
}
