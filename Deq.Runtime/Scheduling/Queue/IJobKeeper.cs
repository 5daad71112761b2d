namespace Deq.Runtime.Scheduling.Queue;

/// <summary>Knows the lane that solves a job.</summary>
internal interface IJobKeeper
{
    /// <summary>Takes a job back to be solved anew: by another lane, where its own was lost, or by itself, where it is not known whose row a step of several failed by. False where the fault is the job's.</summary>
    bool TakesBack(EngineJob job, Exception fault);

    /// <summary>What the job's caller is told: an <see cref="Models.UnfitInputException"/> where the fault is in the numbers of its input.</summary>
    Exception Explained(Exception fault);
}
