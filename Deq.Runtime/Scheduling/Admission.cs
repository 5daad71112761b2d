namespace Deq.Runtime.Scheduling;

/// <summary>Whether an engine took a request.</summary>
public enum Admission
{
    /// <summary>It will be answered.</summary>
    Accepted,

    /// <summary>The queue has no room; a later attempt may succeed.</summary>
    QueueFull,

    /// <summary>The engine is stopping or has stopped.</summary>
    Stopping,
}
