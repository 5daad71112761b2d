using System.Diagnostics.Metrics;
using Deq.Api.Models;
using Deq.Api.Models.Devices;
using Deq.Api.Requests;
using Deq.Runtime.Scheduling.Engine;

namespace Deq.Api.Observability;

/// <summary>What each engine does at the moment, for collectors of measurements.</summary>
internal sealed class EngineGauges
{
    public EngineGauges(ModelCatalogue models, IMeterFactory factory)
    {
        Meter meter = factory.Create(ApiMetrics.Name);
        Gauge("deq.engine.waiting", "{request}", "Requests that wait for a row.", engine => engine.Waiting);
        Gauge("deq.engine.running", "{row}", "Rows that are being solved.", engine => engine.Running);
        Gauge("deq.engine.capacity", "{row}", "The most rows that can be solved at a time.", engine => engine.Capacity);
        Gauge("deq.engine.rate", "{row}/s", "The measured service rate while every thread is busy.", engine => engine.RowsPerSecond);

        meter.CreateObservableGauge(
            "deq.device.standby", () => OfDevices(standby => standby.Circuit.IsOpen ? 1 : 0), "1", "1 while the processor stands in for a device that fails, 0 while the device works.");
        meter.CreateObservableCounter("deq.device.losses", () => OfDevices(standby => standby.Circuit.Losses), "{lane}", "Lanes that a device has lost.");

        IEnumerable<Measurement<long>> OfDevices(Func<StandbyModel, long> read) => models.All.Where(model => model.Standby is not null).Select(model => new Measurement<long>(
            read(model.Standby!), new KeyValuePair<string, object?>("model", model.Manifest.Name)));

        void Gauge(string name, string unit, string description, Func<EngineSnapshot, double> read) => meter.CreateObservableGauge(
            name,
            () => models.All.SelectMany(model => model.Engines).Select(each => new Measurement<double>(
                read(each.Engine.Snapshot()), new KeyValuePair<string, object?>("model", each.Name))),
            unit,
            description);
    }
}
