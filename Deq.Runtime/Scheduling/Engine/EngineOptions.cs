namespace Deq.Runtime.Scheduling.Engine;

/// <summary>How requests that are there at the same time share a thread.</summary>
public enum BatchingMode
{
    /// <summary>Rows join and leave between two evaluations.</summary>
    Iteration,

    /// <summary>
    /// A batch is collected, runs until its slowest row is done and is answered as a whole. Kept to measure the other mode against.
    /// </summary>
    Static,
}

/// <summary>How much one engine runs and holds at a time.</summary>
public sealed record EngineOptions
{
    /// <summary>The most threads, and the most rows on one of them.</summary>
    public const int Most = 1024;

    /// <summary>The most requests that any queue may hold.</summary>
    public const int MostQueued = 1_000_000;

    private readonly int? _threads;
    private readonly int? _rowsPerThread;
    private readonly int? _intraOpThreads;
    private readonly int _queueCapacity = 256;
    private readonly TimeSpan _maxQueueTime = TimeSpan.FromSeconds(10);
    private readonly TimeSpan _normalPriorityMaxWait = TimeSpan.FromSeconds(1);
    private readonly TimeSpan _collectFor = TimeSpan.FromMilliseconds(5);
    private readonly TimeSpan _measureFor = TimeSpan.FromSeconds(2);
    private readonly TimeSpan? _evaluationWithin;

    /// <summary>
    /// Dedicated threads, 1 to <see cref="Most"/>. Default null: measured at the start where the model can be opened for several layouts,
    /// else one per processor.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Out of range.</exception>
    public int? Threads
    {
        get => _threads;
        init => _threads = Within(value, Most, nameof(Threads));
    }

    /// <summary>
    /// Rows that one thread evaluates together, 1 to <see cref="Most"/>. Default null: measured, else 4: on a CPU a second row on the same
    /// thread costs as much as the first, so a few are enough to keep a hard row from holding up easy ones; an accelerator wants more.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Out of range.</exception>
    public int? RowsPerThread
    {
        get => _rowsPerThread;
        init => _rowsPerThread = Within(value, Most, nameof(RowsPerThread));
    }

    /// <summary>Threads that share one run of a graph, 1 to <see cref="Most"/>. Default null: measured, else what the model was opened with.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Out of range.</exception>
    public int? IntraOpThreads
    {
        get => _intraOpThreads;
        init => _intraOpThreads = Within(value, Most, nameof(IntraOpThreads));
    }

    /// <summary>Requests that may wait for a row, 1 to <see cref="MostQueued"/>. Default 256. One more is refused.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Out of range.</exception>
    public int QueueCapacity
    {
        get => _queueCapacity;
        init => _queueCapacity = Within(value, MostQueued, nameof(QueueCapacity))!.Value;
    }

    /// <summary>
    /// The longest wait that a request is accepted for, by the measured service rate. Positive, default 10 s. A longer one is refused.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Not positive.</exception>
    public TimeSpan MaxQueueTime
    {
        get => _maxQueueTime;
        init => _maxQueueTime = Positive(value, nameof(MaxQueueTime));
    }

    /// <summary>
    /// How long a request lets others pass it, by priority or by deadline. Positive, default 1 s. While a client has waited longer, one turn
    /// in four goes to the job that has waited longest.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Not positive.</exception>
    public TimeSpan NormalPriorityMaxWait
    {
        get => _normalPriorityMaxWait;
        init => _normalPriorityMaxWait = Positive(value, nameof(NormalPriorityMaxWait));
    }

    /// <summary>How rows share a thread. Default <see cref="BatchingMode.Iteration"/>.</summary>
    public BatchingMode Batching { get; init; }

    /// <summary>How long a static batch waits for further rows. Positive, default 5 ms; without meaning between evaluations.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not positive.</exception>
    public TimeSpan CollectFor
    {
        get => _collectFor;
        init => _collectFor = Positive(value, nameof(CollectFor));
    }

    /// <summary>
    /// The longest that one evaluation may take in a layout that is chosen by measurement. Positive, default null: as long as it takes. Where
    /// no layout is that quick, the quickest is chosen.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Not positive.</exception>
    public TimeSpan? EvaluationWithin
    {
        get => _evaluationWithin;
        init => _evaluationWithin = value is { } time ? Positive(time, nameof(EvaluationWithin)) : null;
    }

    /// <summary>The time that measuring layouts may take in all. Positive, default 2 s.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not positive.</exception>
    public TimeSpan MeasureFor
    {
        get => _measureFor;
        init => _measureFor = Positive(value, nameof(MeasureFor));
    }

    /// <summary>Bounds the memory of lanes; engines may share one. Default without a bound.</summary>
    public LaneMemory Memory { get; init; } = LaneMemory.Unbounded;

    /// <summary>The folder that keeps what was measured, made when missing. Default null: measured at every start.</summary>
    public string? CacheDirectory { get; init; }

    private static int? Within(int? value, int most, string name) => value is null || (value >= 1 && value <= most)
        ? value
        : throw new ArgumentOutOfRangeException(nameof(value), value, $"{name} lies between 1 and {most}.");

    private static TimeSpan Positive(TimeSpan value, string name) => value > TimeSpan.Zero
        ? value
        : throw new ArgumentOutOfRangeException(nameof(value), value, $"{name} is positive.");
}
