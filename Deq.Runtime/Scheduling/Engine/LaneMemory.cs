using Deq.Runtime.Scheduling.Queue;

namespace Deq.Runtime.Scheduling.Engine;

/// <summary>The bytes that all lanes of a process may take together, and who waits for them. Shared by engines; thread-safe.</summary>
/// <remarks>
/// Clients for whom there is no room wait in line, each with one lane: what is given back is kept for the first of them, and lanes that would make room for it take no further row for a while.
/// So no client has another wait for longer than the rows that are being solved take, however many sizes it asks for.
/// </remarks>
/// <param name="limit">The bound, bytes.</param>
/// <param name="clock">Measures time; null is the system's.</param>
public sealed class LaneMemory(long limit, TimeProvider? clock = null)
{
    /// <summary>A lane of so many times fewer bytes than another makes no room for it, nor takes any away.</summary>
    private const int TimesSmall = 8;

    /// <summary>For how long lanes take no further row for one client. Rows that go on for longer would have others wait for nothing; what is given back is kept even so.</summary>
    private static readonly TimeSpan s_longestShut = TimeSpan.FromSeconds(3);

    private readonly TimeProvider _clock = clock ?? TimeProvider.System;
    private readonly Lock _gate = new();
    private readonly List<Share> _shares = [];
    private readonly List<Claim> _line = [];
    private long _taken;
    private volatile bool _isWanted;

    /// <summary>Raised, on the thread pool, when who is next in line or what is left changes: threads that sleep may have lanes that they do not use.</summary>
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

    /// <summary>Whether a lane would find room. Jobs whose lane was lost need not wait in line.</summary>
    /// <param name="bytes">What it takes.</param>
    /// <param name="unused">What would be given back for it, bytes.</param>
    /// <param name="job">What it is for.</param>
    internal bool HasRoom(long bytes, long unused, EngineJob job)
    {
        lock (_gate)
        {
            long free = limit - _taken + unused;
            return bytes <= free && (job.Losses > 0 || First() is not { } first || (first.Client == job.Client && job.Claim is not null) || IsSmall(bytes, first) || bytes <= free - first.Bytes);
        }
    }

    /// <summary>Takes bytes, and the client out of the line; null, with nothing changed, where there is no room.</summary>
    internal Share? Take(long bytes, EngineJob job)
    {
        lock (_gate)
        {
            if (!HasRoom(bytes, unused: 0, job))
            {
                return null;
            }

            if (job.Claim is not null)
            {
                _line.Find(claim => claim.Client == job.Client)?.Dispose();
            }

            var share = new Share(this, bytes);
            _shares.Add(share);
            _taken += bytes;
            Nudge();
            return share;
        }
    }

    /// <summary>Has the client of a job wait in line for a lane of so many bytes; one that waits keeps its place.</summary>
    /// <param name="job">The job.</param>
    /// <param name="bytes">What the lane takes.</param>
    /// <param name="time">When nobody has asked anew for so long, nothing is kept for it: threads may have taken up other rows.</param>
    /// <param name="onlyUnused">Whether it waits for no more than lanes without rows.</param>
    internal void Await(EngineJob job, long bytes, TimeSpan time, bool onlyUnused)
    {
        lock (_gate)
        {
            long now = _clock.GetTimestamp();
            int place = _line.FindIndex(claim => claim.Client == job.Client);
            if (place >= 0 && _line[place] == job.Claim && job.Claim.OnlyUnused == onlyUnused)
            {
                (job.Claim.AskedAt, job.Claim.Time) = (now, time);
                return;
            }

            job.Claim = new Claim(this, job.Client, bytes, onlyUnused) { AskedAt = now, Time = time };
            _isWanted = true;
            if (place >= 0)
            {
                // By the last of its jobs that asked: one that waits behind others of its client does not hold up everybody.
                job.Claim.FirstAt = _line[place].FirstAt;
                _line[place] = job.Claim;
                return;
            }

            _line.Add(job.Claim);
            Nudge();
        }
    }

    /// <summary>Whether a lane is to take no further row, and to be closed where it has none, as there is no room for another.</summary>
    /// <param name="bytes">What it has taken.</param>
    /// <param name="isUnused">Whether it has no row: then small ones are wanted too where all others are not enough for somebody.</param>
    internal bool Wants(long bytes, bool isUnused) => _isWanted && IsWantedInLine(bytes, isUnused);

    /// <summary>Says that a lane finds no room.</summary>
    internal LaneMemoryException Refuse(long bytes) => new(bytes, limit);

    private static bool IsSmall(long bytes, Claim beside) => bytes <= beside.Bytes / TimesSmall;

    /// <summary>For whom room is made: the first in line who still asks, and for whom there is enough without the lanes that are small beside its own.</summary>
    private Claim? First() => _line.Count == 0 ? null : _line.Find(claim => !claim.OnlyUnused && IsFresh(claim) && CanBeMet(claim));

    /// <summary>Apart from <see cref="Wants"/>, which is asked at every evaluation: what is looked for is allocated where a method begins.</summary>
    private bool IsWantedInLine(long bytes, bool isUnused)
    {
        lock (_gate)
        {
            return (First() is { } first && first.Bytes > limit - _taken && !IsSmall(bytes, first) && (isUnused || MayShut(first)))
                || (isUnused && _line.Exists(claim => IsFresh(claim) && (claim.OnlyUnused || (IsSmall(bytes, claim) && !CanBeMet(claim)))));
        }
    }

    private bool IsFresh(Claim claim) => _clock.GetElapsedTime(claim.AskedAt) <= claim.Time;

    private bool MayShut(Claim first)
    {
        first.FirstAt ??= _clock.GetTimestamp();
        return _clock.GetElapsedTime(first.FirstAt.Value) <= s_longestShut;
    }

    private bool CanBeMet(Claim claim)
    {
        long left = limit;
        foreach (Share share in _shares)
        {
            left -= IsSmall(share.Bytes, claim) ? share.Bytes : 0;
        }

        return claim.Bytes <= left;
    }

    /// <summary>Wakes threads that sleep, while somebody waits.</summary>
    private void Nudge()
    {
        if (_line.Count > 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(_ => Wanted?.Invoke(this, EventArgs.Empty), null);
        }
    }

    /// <summary>What one lane takes, given back when disposed. Of one owner.</summary>
    internal sealed class Share(LaneMemory memory, long bytes) : IDisposable
    {
        public long Bytes => bytes;

        public void Dispose()
        {
            lock (memory._gate)
            {
                if (memory._shares.Remove(this))
                {
                    memory._taken -= bytes;
                    memory.Nudge();
                }
            }
        }
    }

    /// <summary>A client's place in the line, left when disposed.</summary>
    internal sealed class Claim(LaneMemory memory, string client, long bytes, bool onlyUnused) : IDisposable
    {
        public string Client => client;

        public long Bytes => bytes;

        /// <summary>Whether it is for no more than lanes without rows.</summary>
        public bool OnlyUnused => onlyUnused;

        /// <summary>The clock's timestamp at which a thread last looked for room for it. Belongs to the memory's lock, as those below do.</summary>
        public long AskedAt { get; set; }

        /// <summary>For how long it counts after that.</summary>
        public TimeSpan Time { get; set; }

        /// <summary>The clock's timestamp since which it is the first; null before.</summary>
        public long? FirstAt { get; set; }

        public void Dispose()
        {
            lock (memory._gate)
            {
                if (memory._line.Remove(this))
                {
                    memory._isWanted = memory._line.Count > 0;
                    memory.Nudge();
                }
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
