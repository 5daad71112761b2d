namespace Deq.Runtime.Scheduling;

/// <summary>How much one engine runs and holds at a time.</summary>
public sealed record EngineOptions
{
    /// <summary>The most threads, and the most rows on one of them.</summary>
    public const int Most = 1024;

    /// <summary>The most requests that any queue may hold.</summary>
    public const int MostQueued = 1_000_000;

    private readonly int _threads = Math.Clamp(Environment.ProcessorCount, 1, Most);
    private readonly int _rowsPerThread = 4;
    private readonly int _queueCapacity = 256;

    /// <summary>Dedicated threads, 1 to <see cref="Most"/>. Default: one per processor.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Out of range.</exception>
    public int Threads
    {
        get => _threads;
        init => _threads = Within(value, Most, nameof(Threads));
    }

    /// <summary>
    /// Rows that one thread evaluates together, 1 to <see cref="Most"/>. Default 4: on a CPU a second row on the same thread costs as much as the
    /// first, so a few are enough to keep a hard row from holding up easy ones; an accelerator wants more.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Out of range.</exception>
    public int RowsPerThread
    {
        get => _rowsPerThread;
        init => _rowsPerThread = Within(value, Most, nameof(RowsPerThread));
    }

    /// <summary>Requests that may wait for a row, 1 to <see cref="MostQueued"/>. Default 256. One more is refused.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Out of range.</exception>
    public int QueueCapacity
    {
        get => _queueCapacity;
        init => _queueCapacity = Within(value, MostQueued, nameof(QueueCapacity));
    }

    private static int Within(int value, int most, string name) => value >= 1 && value <= most
        ? value
        : throw new ArgumentOutOfRangeException(nameof(value), value, $"{name} lies between 1 and {most}.");
}
