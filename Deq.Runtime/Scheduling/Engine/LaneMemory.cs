using Deq.Runtime.Scheduling.Queue;

namespace Deq.Runtime.Scheduling.Engine;

/// <summary>The bytes that all lanes of a process may take together, and who waits for them. Shared by engines; thread-safe.</summary>
/// <remarks>
/// Clients for whom there is no room wait in line, each with one lane: what is given back is kept for the first of them, and lanes that would make room for it take no further row.
/// So no client has another wait for longer than the rows that are being solved take, however many sizes it asks for.
/// </remarks>
/// <param name="limit">The bound, bytes.</param>
public sealed class LaneMemory(long limit)
{
    /// <summary>A lane of so many times fewer bytes than another makes no room for it, nor takes any away.</summary>
    private const int TimesSmall = 8;

    private readonly Lock _gate = new();
    private readonly List<Share> _shares = [];
    private readonly List<Claim> _line = [];
    private long _taken;
    private volatile bool _isWanted;

    /// <summary>Raised, on the thread pool, when a client begins to wait: threads that sleep may have lanes that they do not use.</summary>
    internal event EventHandler? Wanted;

    /// <summary>No bound.</summary>
    public static LaneMemory Unbounded { get; } = new(long.MaxValue);

    /// <summary>The bound, bytes.</summary>
    public long Limit => limit;

    /// <summary>What lanes that are open have taken, bytes.</summary>
    public long Taken
    {
        get
        {
            lock (_gate)
            {
                return _taken;
            }
        }
    }

    /// <summary>How many clients wait.</summary>
    internal int Waiting
    {
        get
        {
            lock (_gate)
            {
                return _line.Count;
            }
        }
    }

    /// <summary>Whether a lane would find room.</summary>
    /// <param name="bytes">What it takes.</param>
    /// <param name="unused">What would be given back for it, bytes.</param>
    /// <param name="client">Whose it is.</param>
    internal bool HasRoom(long bytes, long unused, string client)
    {
        lock (_gate)
        {
            long free = limit - _taken + unused;
            return bytes <= free && (_line.Count == 0 || client == _line[0].Client || IsSmall(bytes, _line[0]) || bytes <= free - _line[0].Bytes);
        }
    }

    /// <summary>Takes bytes, and the client out of the line; null, with nothing changed, where there is no room.</summary>
    internal Share? Take(long bytes, string client)
    {
        lock (_gate)
        {
            if (!HasRoom(bytes, unused: 0, client))
            {
                return null;
            }

            _line.Find(claim => claim.Client == client && !IsSmall(bytes, claim))?.Dispose();
            var share = new Share(this, bytes);
            _shares.Add(share);
            _taken += bytes;
            return share;
        }
    }

    /// <summary>Has the client of a job wait in line for a lane of so many bytes; one that waits keeps its place.</summary>
    internal void Await(EngineJob job, long bytes)
    {
        lock (_gate)
        {
            int place = _line.FindIndex(claim => claim.Client == job.Client);
            if (place >= 0 && _line[place] == job.Claim)
            {
                return;
            }

            job.Claim = new Claim(this, job.Client, bytes);
            _isWanted = true;
            if (place >= 0)
            {
                // By the last of its jobs that asked: one that waits behind others of its client does not hold up everybody.
                _line[place] = job.Claim;
                return;
            }

            _line.Add(job.Claim);
        }

        ThreadPool.UnsafeQueueUserWorkItem(_ => Wanted?.Invoke(this, EventArgs.Empty), null);
    }

    /// <summary>Whether a lane is to take no further row, and to be closed where it has none, as there is no room for another.</summary>
    /// <param name="bytes">What it has taken.</param>
    /// <param name="isUnused">Whether it has no row: then small ones are wanted too where the others are not enough.</param>
    internal bool Wants(long bytes, bool isUnused)
    {
        if (!_isWanted)
        {
            return false;
        }

        lock (_gate)
        {
            return _line.Count > 0 && _line[0] is { } first && first.Bytes > limit - _taken
                && (!IsSmall(bytes, first) || (isUnused && first.Bytes > limit - _shares.Sum(share => IsSmall(share.Bytes, first) ? share.Bytes : 0)));
        }
    }

    /// <summary>Says that a lane finds no room.</summary>
    internal LaneMemoryException Refuse(long bytes) => new(bytes, limit);

    private static bool IsSmall(long bytes, Claim beside) => bytes <= beside.Bytes / TimesSmall;

    /// <summary>What one lane takes, given back when disposed. Of one owner.</summary>
    internal sealed class Share(LaneMemory memory, long bytes) : IDisposable
    {
        public long Bytes => bytes;

        public void Dispose()
        {
            lock (memory._gate)
            {
                memory._taken -= memory._shares.Remove(this) ? bytes : 0;
            }
        }
    }

    /// <summary>A client's place in the line, left when disposed.</summary>
    internal sealed class Claim(LaneMemory memory, string client, long bytes) : IDisposable
    {
        public string Client => client;

        public long Bytes => bytes;

        public void Dispose()
        {
            lock (memory._gate)
            {
                memory._line.Remove(this);
                memory._isWanted = memory._line.Count > 0;
            }
        }
    }
}

/// <summary>There is no room for a lane of the size that a request needs.</summary>
/// <param name="needed">Bytes that the lane would take, by estimate.</param>
/// <param name="limit">Bytes that all lanes may take together.</param>
public sealed class LaneMemoryException(long needed, long limit)
    : Exception($"A solve of this size takes about {needed} bytes, and all solves together may take {limit}.")
{
    /// <summary>Bytes that the lane would take, by estimate.</summary>
    public long Needed => needed;

    /// <summary>Bytes that all lanes may take together.</summary>
    public long Limit => limit;
}
