using Deq.Runtime.Scheduling.Queue;

namespace Deq.Runtime.Scheduling.Engine;

/// <summary>Counts with how many rows a row is evaluated. Mutable, one per row.</summary>
internal struct BatchShareTally
{
    private int _evaluations;
    private int _smallest;
    private int _largest;
    private long _sum;

    public void Note(int rows)
    {
        _smallest = _evaluations == 0 ? rows : Math.Min(_smallest, rows);
        _largest = Math.Max(_largest, rows);
        _sum += rows;
        _evaluations++;
    }

    public readonly BatchShare Share() => new(_smallest, _largest, (double)_sum / _evaluations);
}
