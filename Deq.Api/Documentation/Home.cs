using System.Reflection;

namespace Deq.Api.Documentation;

/// <summary><c>GET /</c>: where to go from here.</summary>
internal static class Home
{
    private static readonly HomePage Page = new(
        "Deq",
        typeof(Home).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0],
        "/swagger",
        "/api/v1/models",
        "/healthz/ready");

    public static void MapHome(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/", () => TypedResults.Ok(Page))
            .WithTags("Home")
            .WithName("home")
            .WithSummary("Says where to go from here.");
}

/// <summary>The server and its paths.</summary>
/// <param name="Name">The server.</param>
/// <param name="Version">Its version.</param>
/// <param name="Documentation">The page that documents this API.</param>
/// <param name="Models">The models.</param>
/// <param name="Health">Whether the server takes requests.</param>
public sealed record HomePage(string Name, string Version, string Documentation, string Models, string Health);
