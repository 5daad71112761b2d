namespace Deq.Runtime.Scheduling;

/// <summary>How long jobs would wait, by what an engine had measured at one instant. Times in seconds; all zero while nothing is measured.</summary>
internal readonly record struct WaitEstimate
{
    /// <summary>Threads of the engine.</summary>
    public required int Threads { get; init; }

    /// <summary>Rows that nobody uses.</summary>
    public required int FreeRows { get; init; }

    /// <summary>The time from one answer to the next while every thread is busy.</summary>
    public required double PerRow { get; init; }

    /// <summary>What one evaluation and what joining takes on a thread.</summary>
    public required (double Step, double Join, double Finish) Cost { get; init; }

    /// <summary>Whether each thread keeps a row for those who can wait no longer.</summary>
    public required bool HasUrgentRows { get; init; }

    /// <summary>What an answer after a single evaluation takes on an idle engine.</summary>
    public double Own => Cost.Join + Cost.Step + Cost.Finish;

    /// <summary>Until one of the layout's rows is free for a job.</summary>
    /// <param name="ahead">Jobs that are served before it.</param>
    public double UntilRow(int ahead) => ahead < FreeRows ? 0 : (ahead - FreeRows + 1) * PerRow;

    /// <summary>
    /// Until a job's first evaluation begins, in a free row or in an urgent one. Urgent rows are used for two steps on average: the one in
    /// the middle of which a job comes, and its own.
    /// </summary>
    /// <param name="ahead">Jobs that are served before it.</param>
    public double UntilEvaluated(int ahead)
    {
        double regular = UntilRow(ahead);
        return HasUrgentRows ? Math.Min(regular, (1 + (ahead / Threads)) * ((2 * Cost.Step) + Cost.Join)) : regular;
    }
}
