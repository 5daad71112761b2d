using System.Diagnostics;

namespace Deq.Runtime.Scheduling.Queue;

/// <summary>One request's spans, one per phase, children of what was current at its submission. Mutable, one per request.</summary>
/// <param name="activities">Makes the spans.</param>
/// <param name="parent">What was current.</param>
/// <param name="model">For tags.</param>
/// <param name="solver">For tags.</param>
/// <param name="clock">In whose timestamps phases are given.</param>
/// <param name="acceptedAt">The timestamp of now, at which the first phase begins.</param>
internal sealed class JobTrace(
    ActivitySource activities, ActivityContext parent, string model, string solver, TimeProvider clock, long acceptedAt)
{
    private static readonly string[] Phases = ["queue", "encode", "solve", "decode"];

    private readonly (DateTimeOffset Time, long Timestamp) _begin = (clock.GetUtcNow(), acceptedAt);
    private int _phase;
    private long _since = acceptedAt;

    /// <summary>The present phase ended well and the next began.</summary>
    public void Advance(long at)
    {
        Report(at, null);
        (_phase, _since) = (_phase + 1, at);
    }

    /// <summary>The request ended in the present phase.</summary>
    public void End(long at, Exception? fault = null) => Report(at, fault);

    private void Report(long at, Exception? fault)
    {
        using Activity? span = activities.StartActivity(
            Phases[_phase], ActivityKind.Internal, parent, [new("model", model), new("solver", solver)], startTime: TimeOf(_since));
        span?.SetEndTime(TimeOf(at).UtcDateTime);
        if (fault is not null)
        {
            span?.SetStatus(ActivityStatusCode.Error, fault.GetType().Name);
        }
    }

    private DateTimeOffset TimeOf(long timestamp) => _begin.Time + clock.GetElapsedTime(_begin.Timestamp, timestamp);
}
