namespace Deq.Runtime.Scheduling.Queue;

/// <summary>Where accepted jobs wait, bounded in number and in time. The only place that decides who is next.</summary>
/// <remarks>
/// High priority first; within a priority, earliest deadline first; and one turn in four goes to whoever has waited longest, once that
/// is longer than the patience: so nobody is passed for ever, neither by priority nor by deadline.
/// </remarks>
internal sealed class JobQueue(AdmissionPolicy policy, TimeSpan patience, TimeProvider clock)
{
    /// <summary>While somebody has waited too long, every so many turns are theirs.</summary>
    private const int TurnsPerOldest = 4;

    private readonly object _gate = new();
    private readonly WaitingJobs _high = new();
    private readonly WaitingJobs _normal = new();
    private readonly LinkedList<EngineJob> _arrivals = [];
    private long _sequence;
    private int _turns;
    private int _idleThreads;
    private bool _isClosed;

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _arrivals.Count;
            }
        }
    }

    public bool IsClosed
    {
        get
        {
            lock (_gate)
            {
                return _isClosed;
            }
        }
    }

    /// <summary>Takes all of the jobs or none.</summary>
    /// <param name="jobs">Jobs of one submission.</param>
    /// <param name="running">Rows that are being solved.</param>
    public AdmissionDecision Add(IReadOnlyList<EngineJob> jobs, JobLoad running)
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                return new AdmissionDecision(Admission.Stopping, TimeSpan.Zero);
            }

            if (Refuse(jobs, running) is { } refusal)
            {
                return refusal;
            }

            foreach (EngineJob job in jobs)
            {
                job.Sequence = _sequence++;
                job.Arrival = _arrivals.AddLast(job);
                SetOf(job).Add(job);
                Monitor.Pulse(_gate);
            }

            return new AdmissionDecision(Admission.Accepted, TimeSpan.Zero);
        }
    }

    /// <summary>The next job, or null when none can come any more. An idle thread waits here.</summary>
    public EngineJob? Wait()
    {
        lock (_gate)
        {
            while (_arrivals.Count == 0)
            {
                if (_isClosed)
                {
                    return null;
                }

                _idleThreads++;
                Monitor.Wait(_gate);
                _idleThreads--;
            }

            return Take(Next());
        }
    }

    /// <summary>The next job if there is one or one comes within the time; else null.</summary>
    public EngineJob? WaitFor(TimeSpan time)
    {
        lock (_gate)
        {
            if (_arrivals.Count == 0 && !_isClosed)
            {
                Monitor.Wait(_gate, time);
            }

            return _arrivals.Count > 0 ? Take(Next()) : null;
        }
    }

    /// <summary>The next job for a thread that has rows already, or null. Jobs that idle threads are about to take stay for them.</summary>
    public EngineJob? TakeSpare()
    {
        lock (_gate)
        {
            return _arrivals.Count > _idleThreads ? Take(Next()) : null;
        }
    }

    /// <summary>The job of earliest deadline if that is before <paramref name="before"/>, for a thread without a free row; else null.</summary>
    public EngineJob? TakeUrgent(long before)
    {
        lock (_gate)
        {
            return _arrivals.Count <= _idleThreads ? null
                : _high.First is { } high && high.DeadlineAt < before ? Take(high)
                : _normal.First is { } normal && normal.DeadlineAt < before ? Take(normal)
                : null;
        }
    }

    /// <summary>Takes a job out of its turn; false when it has left already.</summary>
    public bool Remove(EngineJob job)
    {
        lock (_gate)
        {
            if (job.Arrival is null)
            {
                return false;
            }

            Take(job);
            return true;
        }
    }

    /// <summary>Refuses further jobs; those that wait are still handed out.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            Monitor.PulseAll(_gate);
        }
    }

    private AdmissionDecision? Refuse(IReadOnlyList<EngineJob> jobs, JobLoad running)
    {
        WaitEstimate estimate = policy.Estimate(running);
        AdmissionDecision? refusal = policy.RefuseForCount(estimate, _high.Load + _normal.Load, jobs.Count)
            ?? policy.RefuseForWait(estimate, Ahead(jobs[0]));
        JobLoad more = default;
        for (int i = 0; i < jobs.Count && refusal is null; i++)
        {
            refusal = policy.RefuseForDeadline(estimate, Ahead(jobs[i]) + more, jobs[i]);
            more = more.And(jobs[i]);
        }

        EngineJob first = jobs.MinBy(job => job.DueAt)!;
        return refusal ?? (IsHarmful(estimate, first, more) ? AdmissionPolicy.RefuseForOthers(estimate) : null);
    }

    /// <summary>Whether more jobs, from the place of the first of them on, would make one that waits miss its deadline.</summary>
    private bool IsHarmful(in WaitEstimate estimate, EngineJob first, JobLoad more)
    {
        long now = first.AcceptedAt;
        double second = clock.TimestampFrequency;
        JobLoad all = _high.Load + _normal.Load;

        // No single job costs more than all that wait.
        double longest = now + ((estimate.UntilEvaluated(all + more) + (all.Cost * estimate.Own)) * second);
        JobLoad ahead = default;
        foreach (WaitingJobs jobs in (ReadOnlySpan<WaitingJobs>)[_high, _normal])
        {
            JobLoad place = ahead;
            foreach (EngineJob job in jobs)
            {
                if (job.DueAt >= longest)
                {
                    break;
                }

                double left = ((job.DeadlineAt - now) / second) - (job.Cost * estimate.Own);
                bool isBehind = job.Priority == first.Priority ? job.DueAt > first.DueAt : first.Priority == Priority.High;
                if (isBehind && estimate.UntilEvaluated(place) <= left && estimate.UntilEvaluated(place + more) > left)
                {
                    return true;
                }

                place = place.And(job);
            }

            ahead += jobs.Load;
        }

        return false;
    }

    private JobLoad Ahead(EngineJob job) => job.Priority == Priority.High ? _high.Before(job) : _high.Load + _normal.Before(job);

    private EngineJob Next()
    {
        EngineJob oldest = _arrivals.First!.Value;
        if (_turns >= TurnsPerOldest - 1 && clock.GetElapsedTime(oldest.AcceptedAt) > patience)
        {
            _turns = 0;
            return oldest;
        }

        _turns = Math.Min(_turns + 1, TurnsPerOldest);
        return _high.First ?? _normal.First!;
    }

    private EngineJob Take(EngineJob job)
    {
        SetOf(job).Remove(job);
        _arrivals.Remove(job.Arrival!);
        job.Arrival = null;
        return job;
    }

    private WaitingJobs SetOf(EngineJob job) => job.Priority == Priority.High ? _high : _normal;
}
