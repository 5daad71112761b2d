using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Deq.Api.Models;
using Deq.Api.Requests;
using Deq.Runtime.Scheduling.Engine;

namespace Deq.Api.Observability;

/// <summary>Listens to the instruments of this server's engines and keeps what they say, per model.</summary>
internal sealed class StatisticsListener : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, ModelStatistics> _byModel = new(StringComparer.Ordinal);
    private readonly ModelCatalogue _models;

    /// <param name="models">Those that are counted.</param>
    /// <param name="factory">Made the meters of this server; those of other servers in the process are ignored.</param>
    public StatisticsListener(ModelCatalogue models, IMeterFactory factory)
    {
        _models = models;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, factory) && instrument.Meter.Name is EngineMetrics.Name or ApiMetrics.Name && IsKept(instrument))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.Start();
    }

    /// <summary>What was measured of a model in the catalogue.</summary>
    public ModelStatistics Of(ServedModel model) => Of(model.Manifest.Name);

    public void Dispose() => _listener.Dispose();

    private static bool IsKept(Instrument instrument) =>
        instrument.Name is EngineInstruments.Answers or EngineInstruments.Refusals || EngineInstruments.Buckets.ContainsKey(instrument.Name);

    private void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (Tag(tags, "model") is not string name || !(_byModel.ContainsKey(name) || _models.Has(name)))
        {
            return;
        }

        ModelStatistics model = Of(name);

        switch (instrument.Name)
        {
            case EngineInstruments.Answers:
                model.Answered(Tag(tags, "stop") as string ?? "", Tag(tags, "warm") is true or "true", (long)value);
                break;
            case EngineInstruments.Refusals:
                model.Refused(Tag(tags, "reason") as string ?? "", (long)value);
                break;
            default:
                model.Record(instrument.Name, value);
                break;
        }
    }

    private ModelStatistics Of(string name) => _byModel.GetOrAdd(name, _ => new ModelStatistics());

    private static object? Tag(ReadOnlySpan<KeyValuePair<string, object?>> tags, string name)
    {
        foreach (KeyValuePair<string, object?> tag in tags)
        {
            if (tag.Key == name)
            {
                return tag.Value;
            }
        }

        return null;
    }
}
