using System.Collections.Frozen;
using System.Diagnostics.Metrics;
using Deq.Api.Models;
using Deq.Runtime.Scheduling.Engine;

namespace Deq.Api.Observability;

/// <summary>Listens to the instruments of this server's engines and keeps what they say, per model.</summary>
internal sealed class StatisticsListener : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly FrozenDictionary<string, ModelStatistics> _byModel;

    /// <param name="models">Those that are counted.</param>
    /// <param name="factory">Made the meters of this server; those of another server in the same process are not this one's business.</param>
    public StatisticsListener(ModelCatalog models, IMeterFactory factory)
    {
        _byModel = models.All.ToFrozenDictionary(model => model.Manifest.Name, _ => new ModelStatistics(), StringComparer.Ordinal);
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

    /// <summary>What was measured of a model in the catalog.</summary>
    public ModelStatistics Of(ServedModel model) => _byModel[model.Manifest.Name];

    public void Dispose() => _listener.Dispose();

    private static bool IsKept(Instrument instrument) =>
        instrument.Name is EngineInstruments.Answers or EngineInstruments.Refusals || EngineInstruments.Buckets.ContainsKey(instrument.Name);

    private void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (Tag(tags, "model") is not string name || !_byModel.TryGetValue(name, out ModelStatistics? model))
        {
            return;
        }

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
