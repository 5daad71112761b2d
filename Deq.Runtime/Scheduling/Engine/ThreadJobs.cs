using Deq.Runtime.Scheduling.Queue;

namespace Deq.Runtime.Scheduling.Engine;

/// <summary>Jobs that have left the batches of a thread and are not done with. Not thread-safe.</summary>
internal sealed class ThreadJobs
{
    /// <summary>Those that have their answer; their callers are not told yet.</summary>
    public List<EngineJob> Answered { get; } = [];

    /// <summary>Those whose lane was lost or whose step failed, to be solved anew before any other.</summary>
    public Queue<EngineJob> Lost { get; } = [];
}
