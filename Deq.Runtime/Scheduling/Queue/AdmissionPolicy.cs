using Deq.Runtime.Scheduling.Engine;
using Deq.Runtime.Scheduling.Layouts;

namespace Deq.Runtime.Scheduling.Queue;

/// <summary>Which jobs an engine takes, by how long they would wait. All from measurements: while there are none, it takes everything.</summary>
/// <param name="options">The bounds.</param>
/// <param name="layout">Threads and rows.</param>
/// <param name="rates">What was measured.</param>
/// <param name="clock">In whose ticks it was.</param>
internal sealed class AdmissionPolicy(EngineOptions options, EngineLayout layout, ServiceRates rates, TimeProvider clock)
{
    /// <summary>How long jobs wait at present.</summary>
    /// <param name="running">Rows that are being solved.</param>
    public WaitEstimate Estimate(JobLoad running)
    {
        double second = clock.TimestampFrequency;
        return new WaitEstimate
        {
            Threads = layout.Threads,
            FreeRows = Math.Max(0, (layout.Threads * layout.RowsPerThread) - running.Jobs),
            Running = running,
            PerRow = rates.RowsPerSecond is > 0 and double rate ? 1 / rate : 0,
            Cost = (rates.Step / second, rates.Join / second, rates.QuickJoin / second, rates.Finish / second),
            HasUrgentRows = options.Batching == BatchingMode.Iteration,
        };
    }

    /// <summary>Refuses for the number of jobs that wait; null when there is room for <paramref name="more"/> of one client.</summary>
    /// <remarks>
    /// A client alone may fill the queue's capacity. All together may have twice as many, and each no more than is left of that, times its weight: so there is room for a
    /// client that comes however many there are. Source: Choudhury and Hahne, "Dynamic queue length thresholds for shared-memory packet switches", IEEE/ACM
    /// Transactions on Networking 6(2), 1998, with the weight as α.
    /// </remarks>
    /// <param name="estimate">How long jobs wait.</param>
    /// <param name="own">The client's jobs that wait, and its weight.</param>
    /// <param name="all">All jobs that wait.</param>
    /// <param name="more">How many would come.</param>
    public AdmissionDecision? RefuseForCount(in WaitEstimate estimate, ClientJobs own, JobLoad all, int more)
    {
        int left = (2 * options.QueueCapacity) - all.Jobs;
        int places = (int)Math.Min(options.QueueCapacity, (long)own.Weight * left);
        int excess = Math.Max(own.Load.Jobs + more - places, more - left);
        return excess <= 0 ? null : Refusal(Admission.QueueFull, estimate.UntilAnswers(excess, all));
    }

    /// <summary>Refuses a submission for the time that its first job would wait; null when the queue's bound allows it.</summary>
    /// <param name="estimate">How long jobs wait.</param>
    /// <param name="ahead">Jobs that would be served before it.</param>
    /// <param name="own">The client's jobs: where there is none, the first gets a row beside those of others.</param>
    public AdmissionDecision? RefuseForWait(in WaitEstimate estimate, JobLoad ahead, ClientJobs own)
    {
        bool isOnly = own.Running == 0 && own.Load.Jobs == 0;
        double excess = (isOnly ? estimate.UntilEvaluated(ahead) : estimate.UntilRow(ahead)) - options.MaxQueueTime.TotalSeconds;
        return excess <= 0 ? null : Refusal(Admission.QueueFull, Math.Max(excess, estimate.PerRow));
    }

    /// <summary>Refuses a job whose deadline leaves no time for a first evaluation; null when it does.</summary>
    /// <param name="estimate">How long jobs wait.</param>
    /// <param name="ahead">Jobs that would be served before it.</param>
    /// <param name="job">Its deadline, and what it costs beside a job of the model's default shape.</param>
    public AdmissionDecision? RefuseForDeadline(in WaitEstimate estimate, JobLoad ahead, EngineJob job)
    {
        if (job.Grant.Budget.Time is not { } time || IsProbe(estimate, ahead))
        {
            return null;
        }

        double own = estimate.Own(job);
        double late = estimate.UntilEvaluated(ahead) + own - time.TotalSeconds;
        return late <= 0 ? null
            : own > time.TotalSeconds ? Refusal(Admission.DeadlineUnreachable, 0)
            : Refusal(Admission.DeadlineUnreachable, Math.Max(late, estimate.PerRow));
    }

    /// <summary>Refuses a job because an accepted one behind it would miss a deadline that it will meet otherwise.</summary>
    public static AdmissionDecision RefuseForOthers(in WaitEstimate estimate) => Refusal(Admission.DeadlineUnreachable, estimate.PerRow);

    /// <summary>Measurements of an idle engine are not renewed while it refuses: now and then one request must show that they still hold.</summary>
    private bool IsProbe(in WaitEstimate estimate, JobLoad ahead) =>
        ahead.Jobs == 0 && estimate.FreeRows == layout.Threads * layout.RowsPerThread && rates.AreStale;

    private static AdmissionDecision Refusal(Admission outcome, double seconds) =>
        new(outcome, TimeSpan.FromSeconds(Math.Clamp(seconds, 0, TimeSpan.FromDays(1).TotalSeconds)));
}
