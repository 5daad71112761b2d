namespace Deq.Runtime.Scheduling.Queue;

/// <summary>Shares an engine's time among clients: the next job is one of the client that has had the least time for its weight. Not thread-safe.</summary>
/// <remarks>
/// Start-time fair queueing: a job is charged, divided by the weight of its client, what jobs of its cost took on average when it is taken up, and what it really took when
/// it has ended, so images, pixels and evaluations all count. A client that comes starts at the time of the job taken last, whatever it had before. High
/// priority comes before normal, and within a client the earliest deadline comes first. With one client all of this is the order of deadlines.
/// Source: Goyal, Vin and Cheng, "Start-time fair queueing", IEEE/ACM Transactions on Networking 5(5), 1997.
/// </remarks>
internal sealed class ClientTurns
{
    private readonly Dictionary<string, ClientJobs> _clients = new(StringComparer.Ordinal);
    private readonly MovingMean _service = new();
    private double _now;

    /// <summary>All jobs that wait.</summary>
    public JobLoad Load { get; private set; }

    /// <summary>The jobs of a job's client; of a client that has none, an empty set that is not kept.</summary>
    public ClientJobs Of(EngineJob job) => _clients.GetValueOrDefault(job.Client) ?? new ClientJobs(job.Client, _now) { Weight = job.Weight };

    public void Add(EngineJob job)
    {
        if (!_clients.TryGetValue(job.Client, out ClientJobs? owner))
        {
            owner = new ClientJobs(job.Client, _now);
            _clients.Add(job.Client, owner);
        }

        job.Owner = owner;
        owner.Weight = job.Weight;
        owner.Of(job.Priority).Add(job);
        Load = Load.And(job);
    }

    /// <summary>Takes out a job that leaves without having been taken up.</summary>
    public void Withdraw(EngineJob job)
    {
        ClientJobs owner = job.Owner!;
        owner.Of(job.Priority).Remove(job);
        Load = new JobLoad(Load.Jobs - 1, Load.Jobs > 1 ? Load.Cost - job.Cost : 0);
        Forget(owner);
    }

    /// <summary>Takes out a job that an engine thread takes up.</summary>
    public void Take(EngineJob job)
    {
        ClientJobs owner = job.Owner!;
        _now = Math.Max(_now, owner.Served);
        owner.Running++;

        // At least a tick, so that clients alternate while nothing has been measured.
        job.Charged = Math.Max(1, _service.Value * job.Cost);
        owner.Served += job.Charged / job.Weight;
        Withdraw(job);
    }

    /// <summary>Has a job that was taken wait again, as if it had not been.</summary>
    public void PutBack(EngineJob job)
    {
        ClientJobs owner = job.Owner!;
        owner.Running--;
        owner.Served -= job.Charged / job.Weight;
        job.Charged = 0;
        job.WasPutBack = true;
        owner.Of(job.Priority).Add(job);
        Load = Load.And(job);
    }

    /// <summary>Settles the account of a job that was taken up and has ended.</summary>
    public void End(EngineJob job)
    {
        ClientJobs owner = job.Owner!;
        owner.Running--;
        owner.Served += (job.Service - job.Charged) / job.Weight;
        _service.Note(job.Service / job.Cost);
        Forget(owner);
    }

    /// <summary>The job whose turn it is among those that a thread has room for; null when there is none.</summary>
    /// <param name="hasRoom">Whether the thread has.</param>
    public EngineJob? Next(RoomCheck hasRoom)
    {
        EngineJob? next = null;
        foreach (ClientJobs client in _clients.Values)
        {
            next = Earlier(next, client.First) == next ? next : Earlier(next, client.FirstWith(hasRoom));
        }

        return next;
    }

    /// <summary>
    /// The job whose turn it is among those that cannot wait for a free row: because of their deadlines, or because their client has less than half as many rows
    /// as another for its weight. Null when there is none.
    /// </summary>
    /// <param name="before">Deadlines before this timestamp cannot wait.</param>
    /// <param name="hasRoom">Whether the thread has room for a job.</param>
    public EngineJob? Urgent(long before, RoomCheck hasRoom)
    {
        EngineJob? urgent = null;
        double most = 0;
        foreach (ClientJobs client in _clients.Values)
        {
            most = Math.Max(most, (double)client.Running / client.Weight);
        }

        foreach (ClientJobs client in _clients.Values)
        {
            // A row is too much for a client of little weight while one of more weight has few.
            EngineJob? earlier = 2 * (client.Running + 1) <= (most * client.Weight) + 1 ? Earlier(urgent, client.First)
                : client.High.First is { } high && high.DeadlineAt < before ? Earlier(urgent, high)
                : client.Normal.First is { } normal && normal.DeadlineAt < before ? Earlier(urgent, normal)
                : urgent;
            urgent = earlier is null || earlier == urgent || hasRoom(earlier, true) ? earlier : urgent;
        }

        return urgent;
    }

    /// <summary>What is served before a job that would come now: of its own client what has an earlier turn, and of others of its weight one more at most than that.</summary>
    public JobLoad Ahead(EngineJob job)
    {
        ClientJobs own = Of(job);
        JobLoad before = job.Priority == Priority.High ? own.High.Before(job) : own.High.Load + own.Normal.Before(job);
        return before + OfOthers(own, job.Priority, before.Jobs + 1);
    }

    /// <summary>What other clients have waiting that a priority does not pass, at most so many jobs of each whose weight is that of the own client.</summary>
    public JobLoad OfOthers(ClientJobs own, Priority priority, int most)
    {
        JobLoad others = default;
        foreach (ClientJobs client in _clients.Values)
        {
            JobLoad load = priority == Priority.High ? client.High.Load : client.Load;
            if (client.Client != own.Client && load.Jobs > 0)
            {
                int jobs = (int)Math.Min(load.Jobs, (((long)most * client.Weight) + own.Weight - 1) / own.Weight);
                others += new JobLoad(jobs, jobs * load.Mean);
            }
        }

        return others;
    }

    private static EngineJob? Earlier(EngineJob? one, EngineJob? other)
    {
        if (one is null || other is null)
        {
            return one ?? other;
        }

        int order = other.Priority.CompareTo(one.Priority);
        order = order != 0 ? order : one.Owner!.Served.CompareTo(other.Owner!.Served);
        order = order != 0 ? order : one.DueAt.CompareTo(other.DueAt);
        order = order != 0 ? order : one.Sequence.CompareTo(other.Sequence);
        return order <= 0 ? one : other;
    }

    /// <summary>A client without a job is no client: keys that come once leave nothing behind.</summary>
    private void Forget(ClientJobs client)
    {
        if (client.Running == 0 && client.Load.Jobs == 0)
        {
            _clients.Remove(client.Client);
        }
    }
}
