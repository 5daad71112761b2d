namespace Deq.Runtime.Scheduling.Engine;

/// <summary>What an engine does at one instant.</summary>
/// <param name="Waiting">Requests that wait for a row.</param>
/// <param name="Running">Rows that are being solved.</param>
/// <param name="Capacity">The most rows that can be solved at a time.</param>
/// <param name="RowsPerSecond">The measured service rate: rows answered per second while every thread is busy; 0 while nothing is measured.</param>
/// <param name="SecondsPerEvaluation">What one step of one thread takes on average; 0 while nothing is measured.</param>
/// <param name="BusyShare">The share of threads' time that was spent on rows since the start, 0 to 1.</param>
public sealed record EngineSnapshot(
    int Waiting, int Running, int Capacity, double RowsPerSecond, double SecondsPerEvaluation, double BusyShare);
