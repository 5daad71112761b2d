namespace Deq.Runtime.Scheduling;

/// <summary>Where accepted jobs wait: bounded, first come first served. The only place that decides who is next.</summary>
internal sealed class JobQueue(int capacity)
{
    private readonly object _gate = new();
    private readonly LinkedList<EngineJob> _jobs = [];
    private int _idleThreads;
    private bool _isClosed;

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _jobs.Count;
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
    public Admission Add(IReadOnlyList<EngineJob> jobs)
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                return Admission.Stopping;
            }

            if (_jobs.Count + jobs.Count > capacity)
            {
                return Admission.QueueFull;
            }

            foreach (EngineJob job in jobs)
            {
                _jobs.AddLast(job);
                Monitor.Pulse(_gate);
            }

            return Admission.Accepted;
        }
    }

    /// <summary>The next job, or null when none can come any more. An idle thread waits here.</summary>
    public EngineJob? Wait()
    {
        lock (_gate)
        {
            while (_jobs.Count == 0)
            {
                if (_isClosed)
                {
                    return null;
                }

                _idleThreads++;
                Monitor.Wait(_gate);
                _idleThreads--;
            }

            return RemoveFirst();
        }
    }

    /// <summary>The next job for a thread that has rows already, or null. Jobs that idle threads are about to take stay for them.</summary>
    public EngineJob? TakeSpare()
    {
        lock (_gate)
        {
            return _jobs.Count > _idleThreads ? RemoveFirst() : null;
        }
    }

    /// <summary>Takes a job out of its turn; false when it has left already.</summary>
    public bool Remove(EngineJob job)
    {
        lock (_gate)
        {
            return _jobs.Remove(job);
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

    private EngineJob RemoveFirst()
    {
        EngineJob job = _jobs.First!.Value;
        _jobs.RemoveFirst();
        return job;
    }
}
