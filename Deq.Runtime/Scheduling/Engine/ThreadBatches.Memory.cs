using Deq.Runtime.Scheduling.Queue;

namespace Deq.Runtime.Scheduling.Engine;

/// <content>When lanes are opened, when they are closed, and who waits for their memory.</content>
internal sealed partial class ThreadBatches
{
    /// <summary>Idle lanes kept for methods and shapes; each holds memory for all rows.</summary>
    private const int MostBatches = 8;

    /// <summary>Bytes that idle lanes may hold on one thread when another is opened; the least recently used is closed first.</summary>
    private const long MostUnusedBytes = 512L << 20;

    /// <summary>For how long a job waits for memory, unless it is due before.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>For how long a job leaves it to the thread that has its lane to take it up.</summary>
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(1);

    /// <summary>For how long rows join a lane that is retired, where there is no memory for another. After that jobs wait until its rows have ended, else it would be open as long as rows come.</summary>
    private static readonly TimeSpan s_longestJoined = TimeSpan.FromSeconds(3);

    private long UnusedBytes
    {
        get
        {
            long bytes = 0;
            for (int i = 0; i < _batches.Count; i++)
            {
                bytes += _batches[i].Rows == 0 ? _batches[i].Bytes : 0;
            }

            return bytes;
        }
    }

    /// <summary>
    /// Whether a job may be taken up: there is a row for it, or room for the lane that it needs, or no use in waiting. Called under the queue's lock.
    /// </summary>
    /// <param name="job">The job.</param>
    /// <param name="waits">Whether its client waits in line where there is none.</param>
    public bool HasRoomFor(EngineJob job, bool waits)
    {
        var key = new BatchKey(job.Method, job.Shape, IsAlone: job.IsAlone);
        if (job.IsAlone)
        {
            return !HasAlone && (_options.Memory.HasRoom(BytesOf(key), UnusedBytes, job) || IsOverdue(job));
        }

        if (Find(key) is { } shared)
        {
            LeaveLine(job);
            if (MayJoin(shared, job))
            {
                job.LacksRoomSince = null;
                return shared.Rows < _rows || HasRoomBeside(key, job);
            }

            return IsOverdue(job);
        }

        long bytes = job.LaneBytes ??= BytesOf(key);
        if (bytes > _options.Memory.Limit || _options.Memory.HasRoom(bytes, UnusedBytes, job))
        {
            return true;
        }

        return FindRetired(key, job) is { } retired ? MayJoin(retired, job) || IsOverdue(job) : WaitsInVain(job, key, bytes, waits);
    }

    /// <summary>Whether a job for which there is no room may wait for it.</summary>
    public bool MayWait(EngineJob job, LaneMemoryException refusal) => refusal.Needed <= refusal.Limit && !IsOverdue(job);

    /// <summary>Has a job wait for no memory any more.</summary>
    public static void LeaveLine(EngineJob job)
    {
        job.Claim?.Dispose();
        job.Claim = null;
    }

    /// <summary>Gives the memory of all lanes back that have no row but the first of the model's own shape.</summary>
    public void CloseOthers() => CloseUnused(batch => batch.IsRetired || batch.Key.Shape != default || batch.Key.IsBeside || batch.Key.IsAlone);

    /// <summary>Closes batches that are not used, where a lane elsewhere finds no room, and shuts those that were retired a while ago.</summary>
    public void GiveBack()
    {
        for (int i = _batches.Count - 1; i >= 0; i--)
        {
            ShutOnceRetired(_batches[i]);
            if (_batches[i].Rows == 0 && _options.Memory.Wants(_batches[i].Bytes, isUnused: true))
            {
                Close(_batches[i]);
            }
        }
    }

    /// <summary>Has a job wait for the memory of a lane. Whether there is no use in that.</summary>
    private bool WaitsInVain(EngineJob job, BatchKey key, long bytes, bool waits)
    {
        // What of the job's own lane is still being solved, on whatever thread, is worth waiting for until the deadline: its memory is the job's.
        bool isOverdue = IsOverdue(job) && (!_open.HasShut(key) || _clock.GetTimestamp() >= job.DeadlineAt);

        // Parts of one request are taken up by several threads, and there may be memory for one lane alone. A thread may also keep that lane for later while it has other rows.
        bool isElsewhere = _open.Has(key);
        if (isElsewhere && !LacksRoomFor(job, s_soon))
        {
            LeaveLine(job);
            return false;
        }

        if (waits)
        {
            double round = 2 * RoundCost / _clock.TimestampFrequency;
            _options.Memory.Await(job, bytes, TimeSpan.FromSeconds(Math.Max(1, round)), isElsewhere);
        }

        return waits && isOverdue && !isElsewhere;
    }

    private void ShutOnceRetired(MethodBatch batch)
    {
        if (batch.IsShut || !batch.IsRetired)
        {
            return;
        }

        batch.RetiredAt ??= _clock.GetTimestamp();
        if (_clock.GetElapsedTime(batch.RetiredAt.Value) > s_longestJoined)
        {
            batch.IsShut = true;
            _open.Shut(batch.Key);
        }
    }

    /// <summary>
    /// A batch whose lane is to be replaced, but holds the memory that another would take until its rows are done, and has a row for a job. A job whose lane was lost joins it however long it has been
    /// retired.
    /// </summary>
    private MethodBatch? FindRetired(BatchKey key, EngineJob job) =>
        _batches.Find(batch => batch.Key.Equals(key) && batch.Loss is null && batch.Rows < RowsOf(key) && (!batch.IsShut || job.Losses > 0));

    /// <summary>Whether a job may have a row of a lane: not where others wait for its memory, unless the job has lost its own.</summary>
    private bool MayJoin(MethodBatch batch, EngineJob job) => job.Losses > 0 || !_options.Memory.Wants(batch.Bytes, isUnused: false);

    /// <summary>Opens a batch, if need be in the memory of those that are not used.</summary>
    /// <exception cref="LaneMemoryException">There is no room for it even so.</exception>
    private MethodBatch Open(BatchKey key, EngineJob job)
    {
        CloseUnused(_ => IsTooMuchUnused());
        MethodBatch? batch = OpenIfRoom(key, job);
        while (batch is null && CloseUnused(_ => true, most: 1))
        {
            batch = OpenIfRoom(key, job);
        }

        batch ??= FindRetired(key, job) is { } retired && MayJoin(retired, job) ? retired : null;
        return batch ?? throw _options.Memory.Refuse(BytesOf(key));
    }

    private MethodBatch? OpenIfRoom(BatchKey key, EngineJob job)
    {
        if (_options.Memory.Take(BytesOf(key), job) is not { } share)
        {
            return null;
        }

        _open.Opened(key);
        try
        {
            var batch = MethodBatch.Open(key, _model, RowsOf(key), _options.Batching, _left, _rates, share, _clock);
            _batches.Add(batch);
            return batch;
        }
        catch
        {
            _open.Closed(key, isShut: false);
            share.Dispose();
            throw;
        }
    }

    private long BytesOf(BatchKey key) => _model.At(key.Shape).BytesOf(RowsOf(key));

    /// <summary>The most rows of a batch.</summary>
    private int RowsOf(BatchKey key) => key.IsAlone ? 1 : key.IsBeside ? _rowsBeside : _rows;

    /// <summary>Closes batches without rows, the least recently used first, as long as the condition holds for them. Whether one was closed.</summary>
    private bool CloseUnused(Predicate<MethodBatch> isClosed, int most = int.MaxValue)
    {
        int closed = 0;
        while (closed < most && _batches.Where(batch => batch.Rows == 0 && isClosed(batch)).MinBy(batch => batch.JoinedAt) is { } unused)
        {
            Close(unused);
            closed++;
        }

        return closed > 0;
    }

    private bool IsTooMuchUnused() => _batches.Count >= MostBatches || UnusedBytes > MostUnusedBytes;

    private bool HasRoomBeside(BatchKey key, EngineJob job)
    {
        BatchKey besideKey = key with { IsBeside = true };
        return Find(besideKey) is { } beside ? beside.Rows < _rowsBeside : _options.Memory.HasRoom(BytesOf(besideKey), unused: 0, job);
    }

    /// <summary>Whether a job that finds no room has no time to wait for it: its deadline has passed, or patience since it first found none.</summary>
    private bool IsOverdue(EngineJob job)
    {
        long now = _clock.GetTimestamp();
        job.LacksRoomSince ??= now;
        return now >= job.DeadlineAt || LacksRoomFor(job, s_patience);
    }

    private bool LacksRoomFor(EngineJob job, TimeSpan time) => job.LacksRoomSince is { } since && _clock.GetElapsedTime(since) >= time;
}
