namespace Deq.Runtime.FixedPoints;

/// <summary>How much compute one row may spend. Whichever limit comes first ends its solve.</summary>
public sealed record Budget
{
    private readonly int _evaluations = 24;
    private readonly TimeSpan? _time;

    /// <summary>The most evaluations of f, at least 1. Default 24.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Below 1.</exception>
    public int Evaluations
    {
        get => _evaluations;
        init => _evaluations = value >= 1
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "A budget is at least one evaluation.");
    }

    /// <summary>
    /// The longest wall-clock time, counted from the instant the row was accepted, so waiting counts. Checked between two
    /// evaluations; at least one evaluation is always made. Default null, no deadline.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Zero or negative.</exception>
    public TimeSpan? Time
    {
        get => _time;
        init => _time = value is null || value > TimeSpan.Zero
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "A time budget is positive.");
    }
}
