using System.Collections;

namespace Deq.Runtime.Scheduling.Queue;

/// <summary>Jobs of one priority that wait, in the order of their deadlines and then of their arrival. Not thread-safe.</summary>
internal sealed class WaitingJobs : IEnumerable<EngineJob>
{
    private static readonly Comparer<EngineJob> s_byDeadline = Comparer<EngineJob>.Create((one, other) =>
        one.DueAt != other.DueAt ? one.DueAt.CompareTo(other.DueAt) : one.Sequence.CompareTo(other.Sequence));

    private readonly SortedSet<EngineJob> _jobs = new(s_byDeadline);
    private double _cost;

    /// <summary>How many there are and what they cost.</summary>
    public JobLoad Load => new(_jobs.Count, _cost);

    /// <summary>Whose turn it is; null when nobody waits.</summary>
    public EngineJob? First => _jobs.Min;

    public void Add(EngineJob job)
    {
        _jobs.Add(job);
        _cost += job.Cost;
    }

    public void Remove(EngineJob job)
    {
        _jobs.Remove(job);

        // What rounding leaves of a sum does not outlive the jobs.
        _cost = _jobs.Count > 0 ? _cost - job.Cost : 0;
    }

    /// <summary>Those whose turn comes before that of a job that would arrive now.</summary>
    public JobLoad Before(EngineJob job)
    {
        if (_jobs.Max is not { } last || last.DueAt <= job.DueAt)
        {
            return Load;
        }

        JobLoad before = default;
        foreach (EngineJob other in _jobs.TakeWhile(other => other.DueAt <= job.DueAt))
        {
            before = before.And(other);
        }

        return before;
    }

    public IEnumerator<EngineJob> GetEnumerator() => _jobs.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
