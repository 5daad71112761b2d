namespace Deq.Runtime.Scheduling;

/// <summary>Who would be served before a job if it were taken.</summary>
/// <param name="Ahead">Jobs that wait and would be served before the submission the job belongs to.</param>
/// <param name="Siblings">Jobs of the same submission before it.</param>
/// <param name="Running">Rows that are being solved.</param>
internal readonly record struct QueuePlace(int Ahead, int Siblings, int Running);

/// <summary>Which jobs an engine takes, by how long they would wait. All from measurements: while there are none, it takes everything.</summary>
/// <param name="options">The bounds.</param>
/// <param name="layout">Threads and rows.</param>
/// <param name="rates">What was measured.</param>
/// <param name="clock">In whose ticks it was.</param>
internal sealed class AdmissionPolicy(EngineOptions options, EngineLayout layout, ServiceRates rates, TimeProvider clock)
{
    /// <summary>Refuses for the number of jobs that wait; null when there is room for <paramref name="more"/>.</summary>
    public AdmissionDecision? RefuseForCount(int waiting, int more)
    {
        int excess = waiting + more - options.QueueCapacity;
        return excess <= 0 ? null : new AdmissionDecision(Admission.QueueFull, Bounded(excess * SecondsPerRow));
    }

    /// <summary>Refuses for the time that the job would wait; null when that fits into the queue's bound and the job's deadline.</summary>
    public AdmissionDecision? RefuseForTime(QueuePlace place, TimeSpan? deadline)
    {
        double wait = SecondsUntilRow(place.Ahead, place.Running);
        if (wait > options.MaxQueueTime.TotalSeconds)
        {
            return new AdmissionDecision(Admission.QueueFull, Bounded(Math.Max(wait - options.MaxQueueTime.TotalSeconds, SecondsPerRow)));
        }

        if (deadline is not { } time || IsProbe(place))
        {
            return null;
        }

        double own = (rates.Join + rates.Step + rates.Finish) / clock.TimestampFrequency;
        double late = SecondsUntilEvaluated(place) + own - time.TotalSeconds;
        return late <= 0 ? null : new AdmissionDecision(
            Admission.DeadlineUnreachable, own > time.TotalSeconds ? TimeSpan.Zero : Bounded(Math.Max(late, SecondsPerRow)));
    }

    private double SecondsPerRow => rates.RowsPerSecond is > 0 and { } rate ? 1 / rate : 0;

    /// <summary>Measurements of an idle engine are not renewed while it refuses: now and then one request must show that they still hold.</summary>
    private bool IsProbe(QueuePlace place) => place is { Running: 0, Ahead: 0 } && rates.AreStale;

    /// <summary>Until a row of the layout is free for it.</summary>
    private double SecondsUntilRow(int ahead, int running)
    {
        int free = Math.Max(0, (layout.Threads * layout.RowsPerThread) - running);
        return ahead < free ? 0 : (ahead - free + 1) * SecondsPerRow;
    }

    /// <summary>
    /// Until its first evaluation begins: in a free row, or in the one that each thread keeps for the urgent, which are there for two
    /// steps on average: the one that they join in the middle of, and their own.
    /// </summary>
    private double SecondsUntilEvaluated(QueuePlace place)
    {
        int ahead = place.Ahead + place.Siblings;
        double turns = options.Batching == BatchingMode.Static ? double.PositiveInfinity : 1 + (ahead / layout.Threads);
        double urgent = turns * ((2 * rates.Step) + rates.Join) / clock.TimestampFrequency;
        double regular = SecondsUntilRow(ahead, place.Running);
        return Math.Min(regular, double.IsNaN(urgent) ? regular : urgent);
    }

    private static TimeSpan Bounded(double seconds) => TimeSpan.FromSeconds(Math.Clamp(seconds, 0, TimeSpan.FromDays(1).TotalSeconds));
}
