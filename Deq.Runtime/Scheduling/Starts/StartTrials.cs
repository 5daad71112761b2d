using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;
using Deq.Runtime.Scheduling.Queue;

namespace Deq.Runtime.Scheduling.Starts;

/// <summary>Starts the rows of a batch at the candidates of their jobs, one after the other, until each has chosen.</summary>
internal static class StartTrials
{
    /// <summary>Writes a row's z₀.</summary>
    /// <param name="lane">The batch's lane.</param>
    /// <param name="batch">Holds the row.</param>
    /// <param name="row">The row.</param>
    /// <param name="start">The state; empty or null is zero.</param>
    public static void Place(IModelLane lane, RunningBatch batch, int row, ReadOnlyMemory<float>? start)
    {
        if (start is { Length: > 0 } state)
        {
            lane.Start(batch.IterateSlot, row, state.Span);
        }
        else
        {
            lane.Start(batch.IterateSlot, row);
        }
    }

    /// <summary>Records a step of the batch. Jobs are found by the loop's tickets. Allocates nothing for rows that have no choice to make and keep no residuals.</summary>
    public static void Note(IModelLane lane, RunningBatch batch, Func<int, EngineJob> jobOf)
    {
        for (int row = 0; row < batch.Rows; row++)
        {
            RowStanding standing = batch.Standing(row);
            EngineJob job = jobOf(standing.Ticket);
            job.NoteResidual(standing.Newest.Value);
            if (job.Choice is not { IsMade: false } choice)
            {
                continue;
            }

            switch (choice.Note(standing.Newest.Value, standing.IsDone))
            {
                case StartStep.TryNext:
                    batch.Restart(row);
                    Place(lane, batch, row, job.Plan!.Candidates[choice.Candidate]);
                    break;
                case StartStep.GoBack when !standing.IsDone:
                    batch.ReturnToBest(row);
                    break;
            }
        }
    }
}
