using System.Text.Json.Serialization;
using Deq.Api.Access;
using Deq.Api.Models;

namespace Deq.Api.Health;

/// <summary>What an orchestrator asks: is the process alive, and should it get requests.</summary>
internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder group = routes.MapGroup("/healthz").WithTags("Health").ForRoles(Roles.None);
        group.MapGet("/live", () => TypedResults.Ok(new HealthReport(HealthReport.Live)))
            .WithName("isLive")
            .WithSummary("Whether the process answers.")
            .WithDescription("200 while the process runs. It says nothing about models.");
        group.MapGet("/ready", Ready)
            .WithName("isReady")
            .WithSummary("Whether the server takes requests.")
            .WithDescription("200 while every model is open and its engine takes requests, 503 otherwise, for example while the server stops. Models whose device fails are named, and still answered by the processor.")
            .Produces<HealthReport>()
            .Produces<HealthReport>(StatusCodes.Status503ServiceUnavailable);
    }

    private static IResult Ready(ModelCatalogue catalogue, IHostApplicationLifetime lifetime) =>
        catalogue.IsReady && !lifetime.ApplicationStopping.IsCancellationRequested
            ? TypedResults.Ok(new HealthReport(HealthReport.Ready) { Standby = StandbyOf(catalogue) })
            : TypedResults.Json(new HealthReport(HealthReport.NotReady), statusCode: StatusCodes.Status503ServiceUnavailable);

    private static string[]? StandbyOf(ModelCatalogue catalogue) =>
        catalogue.All.Where(model => model.IsOnStandby).Select(model => model.Manifest.Name).ToArray() is { Length: > 0 } names ? names : null;
}

/// <summary>The state of the server.</summary>
/// <param name="Status"><c>live</c>, <c>ready</c> or <c>not ready</c>.</param>
internal sealed record HealthReport(string Status)
{
    public const string Live = "live";
    public const string Ready = "ready";
    public const string NotReady = "not ready";

    /// <summary>What <see cref="Status"/> may be.</summary>
    internal static IReadOnlyList<string> Statuses { get; } = [Live, Ready, NotReady];

    /// <summary>Models that the processor answers because their device fails; left out where there are none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Standby { get; init; }
}
