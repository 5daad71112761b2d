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
            Cost = (rates.Step / second, rates.Join / second, rates.Finish / second),
            HasUrgentRows = options.Batching == BatchingMode.Iteration,
        };
    }

    /// <summary>Refuses for the number of jobs that wait; null when there is room for <paramref name="more"/>.</summary>
    public AdmissionDecision? RefuseForCount(in WaitEstimate estimate, JobLoad waiting, int more)
    {
        int excess = waiting.Jobs + more - options.QueueCapacity;
        return excess <= 0 ? null : Refusal(Admission.QueueFull, estimate.UntilAnswers(excess, waiting));
    }

    /// <summary>Refuses a submission for the time that its first job would wait; null when the queue's bound allows it.</summary>
    /// <param name="estimate">How long jobs wait.</param>
    /// <param name="ahead">Jobs that would be served before it.</param>
    public AdmissionDecision? RefuseForWait(in WaitEstimate estimate, JobLoad ahead)
    {
        double excess = estimate.UntilRow(ahead) - options.MaxQueueTime.TotalSeconds;
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

        double own = job.Cost * estimate.Own;
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
