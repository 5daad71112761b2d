namespace Deq.Runtime.Scheduling.Queue;

/// <summary>A mean that forgets: each value weighs 1/32 once 32 have been seen, and until then all weigh the same.</summary>
/// <remarks>
/// The first value is replaced by the second: a first call compiles code and binds memory, and would be remembered for long.
/// Mutable; not thread-safe.
/// </remarks>
internal sealed class MovingMean
{
    private const int Memory = 32;

    private int _count;

    /// <summary>The mean; 0 while nothing was noted.</summary>
    public double Value { get; private set; }

    public bool IsEmpty => _count == 0;

    /// <summary>Takes a value that was measured elsewhere as the first.</summary>
    public void Seed(double value) => (Value, _count) = (value, 1);

    public void Note(double value)
    {
        _count = Math.Min(_count + 1, Memory);
        Value = _count <= 2 ? value : Value + ((value - Value) / (_count - 1));
    }
}
