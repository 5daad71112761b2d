using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;
using Deq.Runtime.Scheduling.Queue;

namespace Deq.Runtime.Scheduling.Engine;

/// <summary>Notes the energies of the newest iterates of rows whose clients want them.</summary>
/// <param name="lane">Evaluates them.</param>
/// <param name="stateWidth">Numbers of a state.</param>
internal sealed class RowEnergies(IModelLane lane, int stateWidth)
{
    private float[]? _state;

    /// <summary>Notes that of one row, unless it is noted already or not wanted. Between a step and the next release: the iterate is then still there.</summary>
    /// <param name="job">Whose the row is.</param>
    /// <param name="batch">Has the row.</param>
    /// <param name="row">The row, finished or not.</param>
    public void Note(EngineJob job, RunningBatch batch, int row)
    {
        RowStanding standing = batch.Standing(row);
        if (!job.LacksEnergyOf(standing.Evaluations))
        {
            return;
        }

        if (!double.IsFinite(standing.Newest.Value))
        {
            job.NoteEnergy([], double.PositiveInfinity);
            return;
        }

        _state ??= new float[stateWidth];
        lane.Read(batch.IterateSlot, row, _state);
        job.NoteEnergy(_state, lane.Energy(batch.IterateSlot, row));
    }
}
