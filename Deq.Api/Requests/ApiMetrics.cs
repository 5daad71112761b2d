using System.Diagnostics.Metrics;

namespace Deq.Api.Requests;

/// <summary>Counts the requests that the web server refuses before they reach an engine.</summary>
internal sealed class ApiMetrics(IMeterFactory factory)
{
    /// <summary>The meter of everything that the web server measures.</summary>
    public const string Name = "Deq.Api";

    public const string Refusals = "deq.refusals";

    public const string HeldBytes = "deq.held.bytes";

    private readonly Meter _meter = factory.Create(Name);
    private readonly Counter<long> _refusals = factory.Create(Name).CreateCounter<long>(
        Refusals, "{request}", "Requests refused before they reached an engine, by reason.");

    /// <summary>Shows the memory that bodies in flight hold.</summary>
    /// <param name="bytes">Gives it.</param>
    public void ShowHeld(Func<long> bytes) => _meter.CreateObservableGauge(HeldBytes, bytes, "By", "Memory of bodies in flight; 0 while no client is connected.");

    /// <summary>Counts a refusal.</summary>
    /// <param name="model">The model asked for; null when there is none of that name.</param>
    /// <param name="reason">One of <see cref="RefusalReasons"/>.</param>
    public void Refused(string? model, string reason) =>
        _refusals.Add(1, new KeyValuePair<string, object?>("model", model ?? ""), new KeyValuePair<string, object?>("reason", reason));
}

/// <summary>Why the web server itself refuses a request.</summary>
internal static class RefusalReasons
{
    /// <summary>The client has too many requests under way.</summary>
    public const string Client = "client";

    /// <summary>Bodies in flight fill the memory set aside for them.</summary>
    public const string Bodies = "bodies";

    /// <summary>The client has taken what its key allows per second.</summary>
    public const string Quota = "quota";
}
