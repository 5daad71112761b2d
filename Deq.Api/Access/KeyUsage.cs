using System.Diagnostics.Metrics;

namespace Deq.Api.Access;

/// <summary>Counts what clients with keys ask for. What they take of engines is counted there, under the same name.</summary>
internal sealed class KeyUsage(IMeterFactory factory)
{
    /// <summary>The meter of everything that the web server measures.</summary>
    public const string Meter = "Deq.Api";

    public const string RequestsName = "deq.usage.requests";

    private readonly Counter<long> _requests = factory.Create(Meter).CreateCounter<long>(RequestsName, "{request}", "Requests of a key, by status.");

    /// <summary>Counts a request.</summary>
    public void Asked(Caller caller, int status) => _requests.Add(
        1, new KeyValuePair<string, object?>("key", caller.Client), new KeyValuePair<string, object?>("status", status));
}
