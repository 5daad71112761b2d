namespace Deq.Runtime.Scheduling.Queue;

/// <summary>Where accepted jobs wait, bounded in number and in time. The only place that decides who is next.</summary>
/// <remarks>
/// High priority first; within a priority, the client that has had the least of the engine; within a client, earliest deadline first; and one turn in four
/// goes to the job that has waited longest, once that is longer than the patience: so no job starves, by priority, by client or by deadline.
/// </remarks>
internal sealed class JobQueue(AdmissionPolicy policy, TimeSpan patience, TimeProvider clock)
{
    /// <summary>While a client has waited too long, one in so many turns is for the longest wait.</summary>
    private const int TurnsPerOldest = 4;

    /// <summary>For how long a thread leaves alone what it has no room for.</summary>
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(50);

    private readonly object _gate = new();
    private readonly ClientTurns _clients = new();
    private readonly LinkedList<EngineJob> _arrivals = [];
    private long _sequence;
    private int _turns;
    private int _idleThreads;
    private int _nudges;
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

    /// <summary>Whether no job is left and none can come.</summary>
    public bool IsDrained
    {
        get
        {
            lock (_gate)
            {
                return _isClosed && _arrivals.Count == 0;
            }
        }
    }

    /// <summary>How often <see cref="Nudge"/> was called.</summary>
    public int Nudges => Volatile.Read(ref _nudges);

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
                _clients.Add(job);
                Monitor.Pulse(_gate);
            }

            return new AdmissionDecision(Admission.Accepted, TimeSpan.Zero);
        }
    }

    /// <summary>The next job. Null when the time is over, when there may be room for those that wait by now, when nudged, or when none can come. An idle thread waits here.</summary>
    /// <param name="hasRoom">Whether the thread has room for a job. Called under the queue's lock.</param>
    /// <param name="most">How long to wait at most; <see cref="Timeout.InfiniteTimeSpan"/> is as long as it takes.</param>
    /// <param name="nudges">Of <see cref="Nudges"/>, those that the thread has heard.</param>
    public EngineJob? Wait(RoomCheck hasRoom, TimeSpan most, int nudges)
    {
        lock (_gate)
        {
            bool isInTime = true;
            while (_arrivals.Count == 0 && !_isClosed && isInTime && nudges == _nudges)
            {
                _idleThreads++;
                isInTime = Monitor.Wait(_gate, most);
                _idleThreads--;
            }

            if (TakeNext(hasRoom) is { } next)
            {
                return next;
            }

            if (_arrivals.Count > 0)
            {
                if (_idleThreads > 0)
                {
                    Monitor.PulseAll(_gate);
                }

                Monitor.Wait(_gate, s_pause);
            }

            return null;
        }
    }

    /// <summary>The next job if there is one or one comes within the time; else null.</summary>
    /// <param name="hasRoom">Whether the thread has room for a job. Called under the queue's lock.</param>
    /// <param name="time">How long to wait at most.</param>
    public EngineJob? WaitFor(RoomCheck hasRoom, TimeSpan time)
    {
        lock (_gate)
        {
            if (_arrivals.Count == 0 && !_isClosed)
            {
                Monitor.Wait(_gate, time);
            }

            return TakeNext(hasRoom);
        }
    }

    /// <summary>Has idle threads look after the lanes that they keep.</summary>
    public void Nudge()
    {
        lock (_gate)
        {
            _nudges++;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>The next job for a thread that has rows already, or null. Jobs that idle threads are about to take stay for them.</summary>
    /// <param name="hasRoom">Whether the thread has room for a job. Called under the queue's lock.</param>
    /// <param name="isWelcome">Whether the thread takes the next of those up now. Called under the queue's lock.</param>
    public EngineJob? TakeSpare(RoomCheck hasRoom, Predicate<EngineJob> isWelcome)
    {
        lock (_gate)
        {
            if (_arrivals.Count <= _idleThreads)
            {
                return null;
            }

            int turns = _turns;
            if (Next(hasRoom) is { } next && isWelcome(next))
            {
                return Take(next);
            }

            _turns = turns;
            return null;
        }
    }

    /// <summary>
    /// For a thread without a free row: a job whose deadline is before <paramref name="before"/>, or of a client that has few rows beside another; else null.
    /// </summary>
    /// <param name="hasRoom">Whether the thread has room for a job. Called under the queue's lock.</param>
    /// <param name="before">The clock's timestamp.</param>
    public EngineJob? TakeUrgent(RoomCheck hasRoom, long before)
    {
        lock (_gate)
        {
            return _arrivals.Count > _idleThreads && _clients.Urgent(before, hasRoom) is { } urgent ? Take(urgent) : null;
        }
    }

    /// <summary>Puts a job that was taken back in its place, for another thread to take.</summary>
    /// <param name="job">Not begun, or taken back from a lane that was lost.</param>
    public void PutBack(EngineJob job)
    {
        lock (_gate)
        {
            job.Arrival = _arrivals.AddFirst(job);
            _clients.PutBack(job);
            Monitor.PulseAll(_gate);
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

            Leave(job);
            _clients.Withdraw(job);
            return true;
        }
    }

    /// <summary>Notes that a job has ended; of one that was never taken up there is nothing to note.</summary>
    public void End(EngineJob job)
    {
        lock (_gate)
        {
            if (job.Charged > 0)
            {
                _clients.End(job);
            }
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
        ClientJobs own = _clients.Of(jobs[0]);
        AdmissionDecision? refusal = policy.RefuseForCount(estimate, own, _clients.Load, jobs.Count)
            ?? policy.RefuseForWait(estimate, _clients.Ahead(jobs[0]), own);
        JobLoad more = default;
        for (int i = 0; i < jobs.Count && refusal is null; i++)
        {
            refusal = policy.RefuseForDeadline(estimate, _clients.Ahead(jobs[i]) + more, jobs[i]);
            more = more.And(jobs[i]);
        }

        EngineJob first = jobs.MinBy(job => job.DueAt)!;
        return refusal ?? (IsHarmful(estimate, first, more) ? AdmissionPolicy.RefuseForOthers(estimate) : null);
    }

    /// <summary>
    /// Whether more jobs, from the place of the first of them on, would make one that waits miss its deadline. Those of the same client count: what others
    /// lose to a client's fair share is no reason to refuse it.
    /// </summary>
    private bool IsHarmful(in WaitEstimate estimate, EngineJob first, JobLoad more)
    {
        long now = first.AcceptedAt;
        double second = clock.TimestampFrequency;
        ClientJobs own = _clients.Of(first);
        JobLoad all = own.Load + _clients.OfOthers(own, Priority.Normal, own.Load.Jobs + 1);

        // No single job costs more than all that wait.
        double longest = now + ((estimate.UntilEvaluated(all + more) + (all.Cost * estimate.LongestOwn)) * second);
        JobLoad ahead = default;
        foreach (WaitingJobs jobs in (ReadOnlySpan<WaitingJobs>)[own.High, own.Normal])
        {
            JobLoad place = ahead;
            JobLoad others = _clients.OfOthers(own, jobs == own.High ? Priority.High : Priority.Normal, (ahead + jobs.Load).Jobs + 1);
            foreach (EngineJob job in jobs)
            {
                if (job.DueAt >= longest)
                {
                    break;
                }

                double left = ((job.DeadlineAt - now) / second) - estimate.Own(job);
                bool isBehind = job.Priority == first.Priority ? job.DueAt > first.DueAt : first.Priority == Priority.High;
                if (isBehind && estimate.UntilEvaluated(others + place) <= left && estimate.UntilEvaluated(others + place + more) > left)
                {
                    return true;
                }

                place = place.And(job);
            }

            ahead += jobs.Load;
        }

        return false;
    }

    private EngineJob? Next(RoomCheck hasRoom)
    {
        EngineJob oldest = _arrivals.First!.Value;
        if (_turns >= TurnsPerOldest - 1 && clock.GetElapsedTime(oldest.AcceptedAt) > patience && hasRoom(oldest, true))
        {
            _turns = 0;
            return oldest;
        }

        _turns = Math.Min(_turns + 1, TurnsPerOldest);
        return _clients.Next(hasRoom);
    }

    private EngineJob? TakeNext(RoomCheck hasRoom) => _arrivals.Count > 0 && Next(hasRoom) is { } next ? Take(next) : null;

    private EngineJob Take(EngineJob job)
    {
        Leave(job);
        _clients.Take(job);
        return job;
    }

    private void Leave(EngineJob job)
    {
        _arrivals.Remove(job.Arrival!);
        job.Arrival = null;
    }
}
