namespace Deq.Runtime.Scheduling.Queue;

/// <summary>Whose turn comes first where requests wait.</summary>
public enum Priority
{
    /// <summary>Served when nothing of high priority waits; after <see cref="Engine.EngineOptions.NormalPriorityMaxWait"/> also in between.</summary>
    Normal,

    /// <summary>Served before what is normal.</summary>
    High,
}
