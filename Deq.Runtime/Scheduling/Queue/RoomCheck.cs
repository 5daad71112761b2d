namespace Deq.Runtime.Scheduling.Queue;

/// <summary>Whether a thread has a row for a job, or room for the lane that it needs, or waiting for it is of no use. Called under the queue's lock.</summary>
/// <param name="job">The job.</param>
/// <param name="waits">Whether its client waits in line where there is none.</param>
internal delegate bool RoomCheck(EngineJob job, bool waits);
