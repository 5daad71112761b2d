using System.Reflection;

namespace Deq.Api.Documentation;

/// <summary>Where to go from the root.</summary>
internal static class Home
{
    public static HomePage Page { get; } = new(
        "Deq",
        typeof(Home).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0],
        "/swagger",
        "/api/v1/models",
        "/healthz/ready");
}

/// <summary>The server and its paths.</summary>
/// <param name="Name">The server.</param>
/// <param name="Version">Its version.</param>
/// <param name="Documentation">The page that documents this API.</param>
/// <param name="Models">The models.</param>
/// <param name="Health">Whether the server takes requests.</param>
internal sealed record HomePage(string Name, string Version, string Documentation, string Models, string Health);
