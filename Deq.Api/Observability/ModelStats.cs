using Deq.Api.Models;
using Deq.Runtime.Scheduling.Engine;
using Deq.Runtime.Scheduling.Layouts;

namespace Deq.Api.Observability;

/// <summary>What a model's engine does now, and what was measured of it since the server started.</summary>
internal sealed record ModelStats
{
    /// <summary>The model's name.</summary>
    public required string Model { get; init; }

    /// <summary>What the engine does at the moment.</summary>
    public required EngineStats Engine { get; init; }

    /// <summary>Answers so far.</summary>
    public required AnswerStats Answers { get; init; }

    /// <summary>Requests refused so far, by reason; reasons that have not occurred are left out.</summary>
    public required IReadOnlyDictionary<string, long> Refusals { get; init; }

    /// <summary>Evaluations of the cell for one image.</summary>
    public required HistogramReport Evaluations { get; init; }

    /// <summary>The residual at which solves ended.</summary>
    public required HistogramReport Residual { get; init; }

    /// <summary>Seconds from the first evaluation of an image to its last.</summary>
    public required HistogramReport SolveSeconds { get; init; }

    /// <summary>Seconds from acceptance until an engine thread took the image up.</summary>
    public required HistogramReport QueueSeconds { get; init; }

    /// <summary>Images evaluated together.</summary>
    public required HistogramReport BatchOccupancy { get; init; }

    internal static ModelStats Of(ServedModel model, ModelStatistics measured) => new()
    {
        Model = model.Manifest.Name,
        Engine = EngineStats.Of(model.Engine),
        Answers = AnswerStats.Of(measured),
        Refusals = measured.Refusals,
        Evaluations = measured.Read(EngineInstruments.Evaluations),
        Residual = measured.Read(EngineInstruments.Residual),
        SolveSeconds = measured.Read(EngineInstruments.SolveDuration),
        QueueSeconds = measured.Read(EngineInstruments.QueueDuration),
        BatchOccupancy = measured.Read(EngineInstruments.BatchOccupancy),
    };
}

/// <summary>What an engine does at the moment.</summary>
internal sealed record EngineStats
{
    /// <summary>Its threads.</summary>
    public required int Threads { get; init; }

    /// <summary>Images that one of them evaluates together.</summary>
    public required int RowsPerThread { get; init; }

    /// <summary>Images that wait for a row.</summary>
    public required int Waiting { get; init; }

    /// <summary>Images that are being solved.</summary>
    public required int Running { get; init; }

    /// <summary>The most images that can be solved at a time.</summary>
    public required int Capacity { get; init; }

    /// <summary>The measured service rate while every thread is busy; 0 while nothing is measured.</summary>
    public required double RowsPerSecond { get; init; }

    /// <summary>What one evaluation of one thread's images takes; 0 while nothing is measured.</summary>
    public required double SecondsPerEvaluation { get; init; }

    /// <summary>The share of the threads' time spent on solving, 0 to 1.</summary>
    public required double BusyShare { get; init; }

    internal static EngineStats Of(InferenceEngine engine)
    {
        (EngineSnapshot now, EngineLayout layout) = (engine.Snapshot(), engine.Profile.Layout);
        return new EngineStats
        {
            Threads = layout.Threads,
            RowsPerThread = layout.RowsPerThread,
            Waiting = now.Waiting,
            Running = now.Running,
            Capacity = now.Capacity,
            RowsPerSecond = now.RowsPerSecond,
            SecondsPerEvaluation = now.SecondsPerEvaluation,
            BusyShare = now.BusyShare,
        };
    }
}

/// <summary>Answers so far.</summary>
/// <param name="Count">All of them.</param>
/// <param name="ByStop">By why the solve ended; reasons that have not occurred are left out.</param>
/// <param name="WarmShare">The share that started from an earlier solution, 0 to 1; null without answers.</param>
internal sealed record AnswerStats(long Count, IReadOnlyDictionary<string, long> ByStop, double? WarmShare)
{
    internal static AnswerStats Of(ModelStatistics measured)
    {
        IReadOnlyDictionary<string, long> stops = measured.Stops;
        long count = stops.Values.Sum();
        return new AnswerStats(count, stops, count == 0 ? null : (double)measured.Warm / count);
    }
}
