using Deq.Runtime.Scheduling.Queue;

namespace Deq.Runtime.Scheduling.Layouts;

/// <summary>What one step of a batch takes by the number of its rows. Times are in the clock's ticks. Not thread-safe; allocates nothing.</summary>
internal sealed class StepCosts
{
    private readonly MovingMean[] _byRows;

    /// <param name="capacity">The most rows.</param>
    public StepCosts(int capacity) => _byRows = [.. Enumerable.Range(0, capacity + 1).Select(_ => new MovingMean())];

    public void Note(int rows, long ticks) => _byRows[rows].Note(ticks);

    /// <summary>
    /// What a step of so many rows will take: as measured, else in proportion to the next smaller batch that was, or as much as the next
    /// larger one; <paramref name="otherwise"/> when nothing was.
    /// </summary>
    public double Of(int rows, double otherwise)
    {
        for (int fewer = rows; fewer > 0; fewer--)
        {
            if (!_byRows[fewer].IsEmpty)
            {
                return _byRows[fewer].Value * rows / fewer;
            }
        }

        for (int more = rows + 1; more < _byRows.Length; more++)
        {
            if (!_byRows[more].IsEmpty)
            {
                return _byRows[more].Value;
            }
        }

        return otherwise;
    }
}
