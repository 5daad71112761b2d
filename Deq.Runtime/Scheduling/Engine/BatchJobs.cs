using System.Diagnostics.CodeAnalysis;
using Deq.Runtime.Scheduling.Queue;

namespace Deq.Runtime.Scheduling.Engine;

/// <summary>Whose row is whose in a batch, by the loop's tickets. Not thread-safe; nothing is allocated per step.</summary>
internal sealed class BatchJobs
{
    private readonly Dictionary<int, EngineJob> _jobs = [];

    public int Count => _jobs.Count;

    /// <summary>How many rows are whose.</summary>
    public ClientRows Clients { get; } = new();

    public EngineJob this[int ticket] => _jobs[ticket];

    public void Add(int ticket, EngineJob job)
    {
        _jobs.Add(ticket, job);
        Clients.Add(job);
    }

    /// <summary>The job of a ticket; null where it has left already.</summary>
    public EngineJob? Find(int ticket) => _jobs.GetValueOrDefault(ticket);

    /// <summary>Takes a job out; false where it has left already.</summary>
    public bool Remove(int ticket, [NotNullWhen(true)] out EngineJob? job)
    {
        if (!_jobs.Remove(ticket, out job))
        {
            return false;
        }

        Clients.Remove(job);
        return true;
    }

    /// <summary>Tells every job with how many rows it is about to be evaluated.</summary>
    public void NoteShare(int rows)
    {
        foreach (EngineJob job in _jobs.Values)
        {
            job.NoteShare(rows);
        }
    }

    /// <summary>Charges every job its share of an evaluation of so many rows.</summary>
    public void Charge(long ticks, int rows)
    {
        foreach (EngineJob job in _jobs.Values)
        {
            job.Service += (double)ticks / rows;
        }
    }

    /// <summary>Ends every job.</summary>
    public void Fail(Exception fault)
    {
        foreach (EngineJob job in _jobs.Values)
        {
            job.Fail(fault);
        }

        _jobs.Clear();
        Clients.Clear();
    }
}
