using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;
using Deq.Runtime.Scheduling.Queue;

namespace Deq.Runtime.Scheduling.Engine;

/// <summary>The rows of a batch whose clients want the answer, or the energy, after each evaluation.</summary>
internal static class WatchedRows
{
    /// <summary>Shows them their newest answer.</summary>
    /// <param name="lane">Decodes.</param>
    /// <param name="batch">Has the rows; those whose answer is stable are finished.</param>
    /// <param name="jobs">Whose the rows are; those that fail at it leave.</param>
    /// <param name="energies">Notes energies.</param>
    /// <param name="output">Memory of one output.</param>
    /// <returns>How many failed.</returns>
    public static int Show(IModelLane lane, RunningBatch batch, BatchJobs jobs, RowEnergies energies, float[] output)
    {
        int failed = 0;
        for (int row = 0; row < batch.Rows; row++)
        {
            RowStanding standing = batch.Standing(row);
            EngineJob job = jobs[standing.Ticket];
            if (standing.IsDone || !(job.IsWatched || job.LacksEnergyOf(standing.Evaluations)))
            {
                continue;
            }

            try
            {
                energies.Note(job, batch, row);
                if (!job.IsWatched)
                {
                    continue;
                }

                if (standing.Slot >= 0)
                {
                    lane.Decode(standing.Slot, row, output);
                }

                if (job.IsStableAfter(output, standing))
                {
                    batch.Finish(row, StopReason.Stable);
                }
            }
            catch (Exception fault)
            {
                jobs.Remove(standing.Ticket, out _);
                batch.Finish(row, StopReason.Cancelled);
                job.Fail(fault);
                failed++;
            }
        }

        return failed;
    }
}
