using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;

namespace Deq.Runtime.Scheduling.Engine;

/// <summary>The rows of a batch whose answers are judged before they end.</summary>
internal static class JudgedRows
{
    /// <summary>Judges those that the last step finished.</summary>
    /// <param name="lane">Decodes, and takes further starts.</param>
    /// <param name="batch">Has the rows; those that are refused go on while they have a budget.</param>
    /// <param name="jobs">Whose the rows are; those that fail at it leave.</param>
    /// <param name="stateWidth">Numbers of a state.</param>
    /// <param name="output">Memory of one output.</param>
    /// <returns>How many failed.</returns>
    public static int Judge(IModelLane lane, RunningBatch batch, BatchJobs jobs, int stateWidth, float[] output)
    {
        int failed = 0;

        // From the end, since rows that go on leave the list.
        for (int i = batch.Finished.Count - 1; i >= 0; i--)
        {
            FinishedRow done = batch.Finished[i];
            if (jobs.Find(done.Ticket) is not { } job || job.Judge is not { } judge)
            {
                continue;
            }

            try
            {
                if (judge.Refuses(lane, batch, i, stateWidth, output))
                {
                    job.NoteRefusal(output, done.Solution);
                }
            }
            catch (Exception fault)
            {
                if (!batch.Standing(done.Row).IsDone)
                {
                    batch.Finish(done.Row, StopReason.Cancelled);
                }

                jobs.Remove(done.Ticket, out _);
                job.Fail(fault);
                failed++;
            }
        }

        return failed;
    }
}
