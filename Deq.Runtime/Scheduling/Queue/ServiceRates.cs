namespace Deq.Runtime.Scheduling.Queue;

/// <summary>What an engine measures of itself while it runs. Times are in the clock's ticks. Thread-safe; allocates nothing.</summary>
/// <remarks>Of a model of free size everything is brought to its default shape: a row of twice the pixels counts as two.</remarks>
internal sealed class ServiceRates(int threads, TimeProvider clock)
{
    /// <summary>After so many answers the older ones weigh half.</summary>
    private const double Memory = 256;

    /// <summary>So few answers say nothing: the first ones also compile code and open lanes, and a burst must not be refused for that.</summary>
    private const double LeastAnswers = 8;

    /// <summary>So few rows' joins and answers are remembered: what the first of them took, while code was being compiled, would refuse deadlines that are met by now.</summary>
    private const int RememberedRows = 8;

    /// <summary>What was measured longer ago may be out of date.</summary>
    private static readonly TimeSpan s_fresh = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private readonly long _startedAt = clock.GetTimestamp();
    private readonly MovingMean _join = new(isFirstLeftOut: true, RememberedRows);
    private readonly MovingMean _quickJoin = new(isFirstLeftOut: true, RememberedRows);
    private readonly MovingMean _step = new(isFirstLeftOut: true);
    private readonly MovingMean _finish = new(isFirstLeftOut: true, RememberedRows);
    private double _busyOfRows;
    private double _rows;
    private long _busy;
    private long? _answeredAt;

    /// <summary>What a row costs to prepare: reading its input and encoding it.</summary>
    public double Join => Read(_join);

    /// <summary>The same of a row whose deadline left time for its quick input alone. No more than of any other: while deadlines are refused, it is not measured.</summary>
    public double QuickJoin
    {
        get
        {
            lock (_gate)
            {
                return _join.IsEmpty ? _quickJoin.Value : Math.Min(_quickJoin.Value, _join.Value);
            }
        }
    }

    /// <summary>What one evaluation of a batch takes.</summary>
    public double Step => Read(_step);

    /// <summary>What a row costs to answer: decoding it and reading its output.</summary>
    public double Finish => Read(_finish);

    /// <summary>Rows answered per second while every thread is busy; 0 until there were a few.</summary>
    public double RowsPerSecond
    {
        get
        {
            lock (_gate)
            {
                return _rows >= LeastAnswers && _busyOfRows > 0 ? threads * _rows * clock.TimestampFrequency / _busyOfRows : 0;
            }
        }
    }

    public double SecondsPerEvaluation => Step / clock.TimestampFrequency;

    /// <summary>The share of the threads' time since the start that was spent on rows, 0 to 1.</summary>
    public double BusyShare
    {
        get
        {
            lock (_gate)
            {
                double lived = (double)threads * (clock.GetTimestamp() - _startedAt);
                return lived > 0 ? Math.Min(1, _busy / lived) : 0;
            }
        }
    }

    /// <summary>Whether nothing was answered in the last 250 ms: what was measured may be out of date.</summary>
    public bool AreStale
    {
        get
        {
            lock (_gate)
            {
                return _answeredAt is not { } last || clock.GetElapsedTime(last) > s_fresh;
            }
        }
    }

    /// <summary>Takes over what one evaluation took when the layout was measured.</summary>
    public void SeedStep(double ticks)
    {
        lock (_gate)
        {
            _step.Seed(ticks);
        }
    }

    public void NoteJoin(long ticks, bool isQuick) => Note(isQuick ? _quickJoin : _join, ticks);

    public void NoteStep(long ticks) => Note(_step, ticks);

    public void NoteFinish(long ticks) => Note(_finish, ticks);

    /// <summary>Notes that a thread was busy for some time and answered so many rows in it, counted by what they cost.</summary>
    public void NoteBusy(long ticks, double answered)
    {
        lock (_gate)
        {
            _busy += ticks;
            _busyOfRows += ticks;
            _rows += answered;
            if (answered > 0)
            {
                _answeredAt = clock.GetTimestamp();
            }

            if (_rows > Memory)
            {
                (_rows, _busyOfRows) = (_rows / 2, _busyOfRows / 2);
            }
        }
    }

    private double Read(MovingMean mean)
    {
        lock (_gate)
        {
            return mean.Value;
        }
    }

    private void Note(MovingMean mean, long ticks)
    {
        lock (_gate)
        {
            mean.Note(ticks);
        }
    }
}
