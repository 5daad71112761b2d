namespace Deq.Runtime.FixedPoints;

/// <content>Rows whose states repeat.</content>
public sealed partial class RunningBatch
{
    private readonly int _anchors;
    private readonly double[] _distances;
    private readonly double[] _lengths;

    /// <summary>Compares stalled rows with their anchors; costs one pass over the states while there are any, and nothing otherwise.</summary>
    private void WatchForCycles(int mapped)
    {
        bool isAnchored = false;
        for (int row = 0; row < Rows; row++)
        {
            CycleWatch cycle = _rows[row].Cycle;
            cycle.Note(_rows[row].Residual);
            isAnchored |= cycle.HasAnchor;
        }

        if (isAnchored)
        {
            _space.Measure(_anchors, mapped, _history.Scratch, keep: false, [], _distances, _lengths, Rows);
        }

        for (int row = 0; row < Rows; row++)
        {
            CycleWatch cycle = _rows[row].Cycle;
            if (cycle.HasAnchor)
            {
                cycle.Compare(_distances[row], _history.DifferenceSquares[row]);
            }

            if (cycle.WantsAnchor)
            {
                _space.CopyRow(mapped, _anchors, row);
                cycle.Anchor();
            }
        }
    }
}
