namespace Deq.Runtime.Scheduling.Queue;

/// <summary>Whether an engine took a request.</summary>
public enum Admission
{
    /// <summary>It will be answered.</summary>
    Accepted,

    /// <summary>The queue has no room, or the wait would be longer than the queue allows; a later attempt may succeed.</summary>
    QueueFull,

    /// <summary>
    /// By what was measured, the deadline would pass before a first evaluation could be answered, or it could be met only by having an
    /// accepted request miss its own. A later attempt may succeed, unless the deadline is shorter than an idle engine needs.
    /// </summary>
    DeadlineUnreachable,

    /// <summary>The engine is stopping or has stopped.</summary>
    Stopping,
}

/// <summary>What an engine decided about the requests of one submission.</summary>
/// <param name="Outcome">Whether it took them.</param>
/// <param name="RetryAfter">
/// After how long the same requests would probably be taken, from the measured service rate. Zero when they were taken, when the engine
/// stops, and while nothing has been measured.
/// </param>
public sealed record AdmissionDecision(Admission Outcome, TimeSpan RetryAfter);
