namespace Deq.Runtime.Scheduling.Queue;

/// <summary>How long jobs would wait, by what an engine had measured at one instant. Times in seconds; all zero while nothing is measured.</summary>
internal readonly record struct WaitEstimate
{
    /// <summary>Threads of the engine.</summary>
    public required int Threads { get; init; }

    /// <summary>Rows that are free.</summary>
    public required int FreeRows { get; init; }

    /// <summary>Rows that are being solved.</summary>
    public required JobLoad Running { get; init; }

    /// <summary>The time from one answer of the default shape to the next while every thread is busy.</summary>
    public required double PerRow { get; init; }

    /// <summary>What one evaluation, joining, joining by a quick input, and answering take on a thread, of the default shape.</summary>
    public required (double Step, double Join, double QuickJoin, double Finish) Cost { get; init; }

    /// <summary>Whether each thread keeps a row for those who can wait no longer.</summary>
    public required bool HasUrgentRows { get; init; }

    /// <summary>What a job's answer after a single evaluation takes at least on an idle engine.</summary>
    public double Own(EngineJob job) => job.Cost * (Join(job.HasQuickInput) + Cost.Step + Cost.Finish);

    /// <summary>What an answer of the default shape after a single evaluation takes on an idle engine, where no time is saved.</summary>
    public double LongestOwn => Cost.Join + Cost.Step + Cost.Finish;

    /// <summary>Until one of the layout's rows is free for a job.</summary>
    /// <param name="ahead">Jobs that are served before it.</param>
    public double UntilRow(JobLoad ahead) => UntilAnswers(ahead.Jobs - FreeRows + 1, ahead);

    /// <summary>Until so many rows are answered, each of which costs what those that run and those that are ahead cost on average.</summary>
    /// <param name="count">How many; none takes no time.</param>
    /// <param name="ahead">Jobs that wait.</param>
    public double UntilAnswers(int count, JobLoad ahead) => Math.Max(0, count) * (Running + ahead).Mean * PerRow;

    /// <summary>
    /// Until a job's first evaluation begins, in a free row or in an urgent one. Urgent rows are used for two steps on average: the one in
    /// the middle of which a job comes, and its own.
    /// </summary>
    /// <param name="ahead">Jobs that are served before it.</param>
    public double UntilEvaluated(JobLoad ahead)
    {
        double regular = UntilRow(ahead);
        double turn = (Running + ahead).Mean * ((2 * Cost.Step) + Cost.Join);
        return HasUrgentRows ? Math.Min(regular, (1 + (ahead.Jobs / Threads)) * turn) : regular;
    }

    private double Join(bool isQuick) => isQuick ? Cost.QuickJoin : Cost.Join;
}
