namespace Deq.Runtime.Scheduling.Engine;

/// <summary>The bytes that all lanes of a process may take together. Shared by engines; thread-safe.</summary>
/// <param name="limit">The bound, bytes.</param>
public sealed class LaneMemory(long limit)
{
    private long _taken;
    private int _refusals;

    /// <summary>No bound.</summary>
    public static LaneMemory Unbounded { get; } = new(long.MaxValue);

    /// <summary>The bound, bytes.</summary>
    public long Limit => limit;

    /// <summary>What lanes that are open have taken, bytes.</summary>
    public long Taken => Volatile.Read(ref _taken);

    /// <summary>How often there was no room: a thread that finds it changed gives back what it does not use.</summary>
    internal int Refusals => Volatile.Read(ref _refusals);

    /// <summary>Takes bytes; null, with nothing taken, where they pass the bound.</summary>
    internal Share? Take(long bytes)
    {
        long taken = Taken;
        while (bytes <= limit - taken)
        {
            long before = Interlocked.CompareExchange(ref _taken, taken + bytes, taken);
            if (before == taken)
            {
                return new Share(this, bytes);
            }

            taken = before;
        }

        return null;
    }

    /// <summary>Says that a lane found no room.</summary>
    internal LaneMemoryException Refuse(long bytes)
    {
        Interlocked.Increment(ref _refusals);
        return new LaneMemoryException(bytes, limit);
    }

    /// <summary>What one lane takes, given back when disposed. Of one owner.</summary>
    internal sealed class Share(LaneMemory memory, long bytes) : IDisposable
    {
        public long Bytes => bytes;

        public void Dispose() => Interlocked.Add(ref memory._taken, -bytes);
    }
}

/// <summary>There is no room for a lane of the size that a request needs.</summary>
/// <param name="needed">Bytes that the lane would take, by estimate.</param>
/// <param name="limit">Bytes that all lanes may take together.</param>
public sealed class LaneMemoryException(long needed, long limit)
    : Exception($"A solve of this size takes about {needed} bytes, and all solves together may take {limit}.")
{
    /// <summary>Bytes that the lane would take, by estimate.</summary>
    public long Needed => needed;

    /// <summary>Bytes that all lanes may take together.</summary>
    public long Limit => limit;
}
