using System.Diagnostics;
using Deq.Runtime.FixedPoints;
using Deq.Runtime.Scheduling.Queue;

namespace Deq.Runtime.Scheduling.Engine;

/// <summary>Reports one engine's answers, refusals and phases under its model's name. Thread-safe. Called per request, never per evaluation.</summary>
internal sealed class EngineTelemetry(string model, EngineMetrics metrics, TimeProvider clock)
{
    /// <summary>Begins to trace a request that is being accepted now; null without a listener.</summary>
    public JobTrace? Trace(string solver, long acceptedAt) => metrics.Activities.HasListeners()
        ? new JobTrace(metrics.Activities, Activity.Current?.Context ?? default, model, solver, clock, acceptedAt)
        : null;

    public void Answered(string solver, RowSolution solution, TimeSpan queued, TimeSpan solved, BatchShare share, bool isWarm)
    {
        var tags = new TagList { { "model", model }, { "solver", solver } };
        metrics.Evaluations.Record(solution.Evaluations, tags);
        metrics.SolveDuration.Record(solved.TotalSeconds, tags);
        metrics.QueueDuration.Record(queued.TotalSeconds, tags);
        metrics.BatchOccupancy.Record(share.Mean, tags);
        if (double.IsFinite(solution.Residual))
        {
            metrics.Residual.Record(solution.Residual, tags);
        }

        metrics.Answers.Add(1, [.. tags, new("stop", solution.Stop.Name()), new("warm", isWarm)]);
    }

    /// <summary>Counts engine time by name, where there is one.</summary>
    public void Used(string? account, double seconds)
    {
        if (account is not null && seconds > 0)
        {
            metrics.Usage.Add(seconds, [new("model", model), new("key", account)]);
        }
    }

    public void Refused(string solver, Admission outcome, int requests)
    {
        string reason = outcome switch
        {
            Admission.QueueFull => "queue-full",
            Admission.DeadlineUnreachable => "deadline-unreachable",
            _ => "stopping",
        };
        metrics.Refusals.Add(requests, [new("model", model), new("solver", solver), new("reason", reason)]);
    }
}
