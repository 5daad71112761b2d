using System.Diagnostics.Metrics;
using Deq.Api.Models;
using Deq.Runtime.Scheduling.Engine;

namespace Deq.Api.Observability;

/// <summary>What the web server adds to the measurements of the engines: its own refusals, and what each engine does at the moment.</summary>
internal sealed class ApiMetrics
{
    public const string Name = "Deq.Api";

    private readonly Counter<long> _refusals;

    public ApiMetrics(IMeterFactory factory)
    {
        Meter meter = factory.Create(Name);
        _refusals = meter.CreateCounter<long>(
            EngineInstruments.Refusals, "{request}", "Requests refused before they reached an engine, by reason.");
        Meter = meter;
    }

    private Meter Meter { get; }

    /// <summary>Counts a refusal.</summary>
    /// <param name="model">The model asked for; null when there is none of that name.</param>
    /// <param name="reason">One of <see cref="RefusalReasons"/>.</param>
    public void Refused(string? model, string reason) =>
        _refusals.Add(1, new KeyValuePair<string, object?>("model", model ?? ""), new KeyValuePair<string, object?>("reason", reason));

    /// <summary>Lets whoever collects measurements read what the engines do.</summary>
    public void Observe(ModelCatalog models)
    {
        Gauge("deq.engine.waiting", "{request}", "Requests that wait for a row.", engine => engine.Waiting);
        Gauge("deq.engine.running", "{row}", "Rows that are being solved.", engine => engine.Running);
        Gauge("deq.engine.capacity", "{row}", "The most rows that can be solved at a time.", engine => engine.Capacity);
        Gauge("deq.engine.rate", "{row}/s", "The measured service rate while every thread is busy.", engine => engine.RowsPerSecond);

        void Gauge(string name, string unit, string description, Func<EngineSnapshot, double> read) => Meter.CreateObservableGauge(
            name,
            () => models.All.Select(model => new Measurement<double>(
                read(model.Engine.Snapshot()), new KeyValuePair<string, object?>("model", model.Manifest.Name))),
            unit,
            description);
    }
}

/// <summary>Why the web server itself refuses a request.</summary>
internal static class RefusalReasons
{
    /// <summary>The client has too many requests under way.</summary>
    public const string Client = "client";

    /// <summary>Bodies in flight fill the memory set aside for them.</summary>
    public const string Bodies = "bodies";
}
