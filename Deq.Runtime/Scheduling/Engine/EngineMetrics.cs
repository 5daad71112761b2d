using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Deq.Runtime.Scheduling.Engine;

/// <summary>What engines report of themselves: a meter and an activity source, both named <see cref="Name"/>. Shared by engines; thread-safe.</summary>
public sealed class EngineMetrics : IDisposable
{
    /// <summary>The name of the meter and of the activity source.</summary>
    public const string Name = "Deq.Runtime";

    private readonly Meter _meter;

    /// <summary>Makes the instruments.</summary>
    /// <param name="factory">Makes the meter; null makes one for this engine alone.</param>
    public EngineMetrics(IMeterFactory? factory = null)
    {
        _meter = factory?.Create(new MeterOptions(Name)) ?? new Meter(Name);
        Activities = new ActivitySource(Name);
        Evaluations = _meter.CreateHistogram<int>("deq.evaluations", "{evaluation}", "Evaluations of f made for one answer.");
        Residual = _meter.CreateHistogram<double>("deq.residual", "1", "The residual of an answer.");
        SolveDuration = _meter.CreateHistogram<double>("deq.solve.duration", "s", "From the first evaluation's begin to the last one's end.");
        QueueDuration = _meter.CreateHistogram<double>("deq.queue.duration", "s", "From acceptance until a thread took the request up.");
        BatchOccupancy = _meter.CreateHistogram<double>("deq.batch.occupancy", "{row}", "Rows evaluated together, averaged over an answer.");
        Answers = _meter.CreateCounter<long>("deq.answers", "{answer}", "Answers, by why they stopped.");
        Usage = _meter.CreateCounter<double>("deq.usage.engine", "s", "Engine time by the name that requests give, with their share of evaluations made together.");
        Refusals = _meter.CreateCounter<long>("deq.refusals", "{request}", "Requests refused, by reason.");
    }

    internal ActivitySource Activities { get; }

    internal Histogram<int> Evaluations { get; }

    internal Histogram<double> Residual { get; }

    internal Histogram<double> SolveDuration { get; }

    internal Histogram<double> QueueDuration { get; }

    internal Histogram<double> BatchOccupancy { get; }

    internal Counter<long> Answers { get; }

    internal Counter<long> Refusals { get; }

    internal Counter<double> Usage { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        _meter.Dispose();
        Activities.Dispose();
    }
}
