namespace Deq.Runtime.Scheduling.Queue;

/// <summary>A mean that forgets: each value weighs 1/memory once so many have been seen, and until then all weigh the same.</summary>
/// <remarks>
/// The first value does not count once there is a second: a first call compiles code and binds memory, and would be remembered for long.
/// Mutable; not thread-safe.
/// </remarks>
/// <param name="isFirstLeftOut">Whether the first value does not count even while there is no other. Default false.</param>
/// <param name="memory">How many values it remembers, at least 2. Default 32.</param>
internal sealed class MovingMean(bool isFirstLeftOut = false, int memory = 32)
{
    private int _count;

    /// <summary>The mean; 0 while there is none.</summary>
    public double Value { get; private set; }

    public bool IsEmpty => _count <= (isFirstLeftOut ? 1 : 0);

    /// <summary>Takes a value that was measured elsewhere until there are values that count.</summary>
    public void Seed(double value) => (Value, _count) = (value, 0);

    public void Note(double value)
    {
        _count = Math.Min(_count + 1, memory + 1);
        if (!IsEmpty)
        {
            Value = _count <= 2 ? value : Value + ((value - Value) / (_count - 1));
        }
    }
}
