namespace Deq.Runtime.Scheduling.Queue;

/// <summary>Knows the lane that solves a job.</summary>
internal interface IJobKeeper
{
    /// <summary>Takes a job back to be solved anew by another lane, where its own was lost; false where the fault is the job's.</summary>
    bool TakesBack(EngineJob job, Exception fault);
}
