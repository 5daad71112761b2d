using Deq.Api.Models;
using Deq.Runtime.Scheduling.Engine;
using Deq.Runtime.Scheduling.Layouts;

namespace Deq.Api.Observability;

/// <summary>What a model's engine does now, and what was measured of it since the server started.</summary>
/// <param name="Model">The model's name.</param>
/// <param name="Engine">What the engine does at the moment.</param>
/// <param name="Answers">Answers so far.</param>
/// <param name="Refusals">Requests refused so far, by reason; reasons that have not occurred are left out.</param>
/// <param name="Evaluations">Evaluations of the cell for one image.</param>
/// <param name="Residual">The residual at which solves ended.</param>
/// <param name="SolveSeconds">Seconds from the first evaluation of an image to its last.</param>
/// <param name="QueueSeconds">Seconds from acceptance until an engine thread took the image up.</param>
/// <param name="BatchOccupancy">Images evaluated together.</param>
public sealed record ModelStats(
    string Model,
    EngineStats Engine,
    AnswerStats Answers,
    IReadOnlyDictionary<string, long> Refusals,
    HistogramReport Evaluations,
    HistogramReport Residual,
    HistogramReport SolveSeconds,
    HistogramReport QueueSeconds,
    HistogramReport BatchOccupancy)
{
    internal static ModelStats Of(ServedModel model, ModelStatistics measured) => new(
        model.Manifest.Name,
        EngineStats.Of(model.Engine),
        AnswerStats.Of(measured),
        measured.Refusals,
        measured.Read(EngineInstruments.Evaluations),
        measured.Read(EngineInstruments.Residual),
        measured.Read(EngineInstruments.SolveDuration),
        measured.Read(EngineInstruments.QueueDuration),
        measured.Read(EngineInstruments.BatchOccupancy));
}

/// <summary>What an engine does at the moment.</summary>
/// <param name="Threads">Its threads.</param>
/// <param name="RowsPerThread">Images that one of them evaluates together.</param>
/// <param name="Waiting">Images that wait for a row.</param>
/// <param name="Running">Images that are being solved.</param>
/// <param name="Capacity">The most images that can be solved at a time.</param>
/// <param name="RowsPerSecond">The measured service rate while every thread is busy; 0 while nothing is measured.</param>
/// <param name="SecondsPerEvaluation">What one evaluation of one thread's images takes; 0 while nothing is measured.</param>
/// <param name="BusyShare">The share of the threads' time spent on solving, 0 to 1.</param>
public sealed record EngineStats(
    int Threads, int RowsPerThread, int Waiting, int Running, int Capacity, double RowsPerSecond, double SecondsPerEvaluation, double BusyShare)
{
    internal static EngineStats Of(InferenceEngine engine)
    {
        (EngineSnapshot now, EngineLayout layout) = (engine.Snapshot(), engine.Profile.Layout);
        return new EngineStats(
            layout.Threads, layout.RowsPerThread, now.Waiting, now.Running, now.Capacity, now.RowsPerSecond, now.SecondsPerEvaluation, now.BusyShare);
    }
}

/// <summary>Answers so far.</summary>
/// <param name="Count">All of them.</param>
/// <param name="ByStop">By why the solve ended; reasons that have not occurred are left out.</param>
/// <param name="WarmShare">The share that started from an earlier solution, 0 to 1; null without answers.</param>
public sealed record AnswerStats(long Count, IReadOnlyDictionary<string, long> ByStop, double? WarmShare)
{
    internal static AnswerStats Of(ModelStatistics measured)
    {
        IReadOnlyDictionary<string, long> stops = measured.Stops;
        long count = stops.Values.Sum();
        return new AnswerStats(count, stops, count == 0 ? null : (double)measured.Warm / count);
    }
}
