namespace Deq.Runtime.Scheduling;

/// <summary>Whose turn comes first where requests wait.</summary>
public enum Priority
{
    /// <summary>Served when nothing of high priority waits, or when it has waited longer than <see cref="EngineOptions.PatienceOfNormal"/>.</summary>
    Normal,

    /// <summary>Served before what is normal.</summary>
    High,
}
