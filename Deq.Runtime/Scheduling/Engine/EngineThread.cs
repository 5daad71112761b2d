using Deq.Runtime.Models;
using Deq.Runtime.Scheduling.Queue;

namespace Deq.Runtime.Scheduling.Engine;

/// <summary>One dedicated thread: takes jobs up, evaluates its rows, answers those that are done, until the queue is closed and empty.</summary>
internal sealed class EngineThread
{
    /// <summary>Idle lanes kept for methods and shapes; each holds memory for all rows.</summary>
    private const int MostBatches = 8;

    /// <summary>Bytes that idle lanes may hold on one thread when another is opened; the least recently used is closed first.</summary>
    private const long MostUnusedBytes = 512L << 20;

    /// <summary>For how long a thread without work keeps lanes of other shapes than the model's own.</summary>
    private static readonly TimeSpan s_keptIdle = TimeSpan.FromSeconds(2);

    private readonly IEquilibriumModel _model;
    private readonly JobQueue _queue;
    private readonly ServiceRates _rates;
    private readonly TimeProvider _clock;
    private readonly EngineOptions _options;
    private readonly int _capacity;
    private readonly List<MethodBatch> _batches = [];
    private readonly List<EngineJob> _untold = [];
    private readonly Thread _thread;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _rows;
    private int _refusals;
    private double _cost;
    private double _answered;
    private long _busySince;

    public EngineThread(
        string name, IEquilibriumModel model, JobQueue queue, int capacity, EngineOptions options, ServiceRates rates, TimeProvider clock)
    {
        (_model, _queue, _capacity, _options, _rates, _clock) = (model, queue, capacity, options, rates, clock);
        _thread = new Thread(Run) { Name = name, IsBackground = true };
    }

    /// <summary>Rows being solved, the one being prepared included.</summary>
    public int Rows => Volatile.Read(ref _rows);

    /// <summary>Those rows and what they cost; for estimates, as the two are not read together.</summary>
    public JobLoad Load => new(Rows, Volatile.Read(ref _cost));

    /// <summary>Ends with the thread.</summary>
    public Task Ended => _ended.Task;

    private bool IsStatic => _options.Batching == BatchingMode.Static;

    /// <summary>What one step of every batch takes, in the clock's ticks: the time between two evaluations of a row.</summary>
    private double RoundCost
    {
        get
        {
            double cost = 0;
            for (int i = 0; i < _batches.Count; i++)
            {
                cost += _batches[i].StepCost;
            }

            return cost;
        }
    }

    public void Start() => _thread.Start();

    private void Run()
    {
        while (TakeUpJobs())
        {
            GiveBack();
            Expire(RoundCost);
            for (int i = _batches.Count - 1; i >= 0; i--)
            {
                Step(_batches[i]);
            }

            NoteBusy();
        }

        _batches.ForEach(batch => batch.Dispose());
        _ended.SetResult();
    }

    /// <summary>Fills the free rows; without any row it waits. False when there is nothing left to do.</summary>
    private bool TakeUpJobs()
    {
        if (IsStatic && _rows > 0)
        {
            return true;
        }

        // Those who join make those who run wait: one may, and more as long as together they take no longer than the evaluation they delay.
        double evaluation = RoundCost;
        long spent = 0;
        while ((_rows == 0 || spent == 0 || IsStatic || spent + _rates.Join <= evaluation) && NextJob() is { } job)
        {
            long begun = _clock.GetTimestamp();
            TakeUp(job);
            spent += _clock.GetTimestamp() - begun;
            evaluation = evaluation > 0 ? evaluation : RoundCost;
        }

        return _rows > 0;
    }

    private EngineJob? NextJob()
    {
        if (_rows == 0)
        {
            NoteBusy();
            EngineJob? job = _queue.Wait(s_keptIdle) ?? WaitWithoutLanes();
            _busySince = _clock.GetTimestamp();
            return job;
        }

        if (IsStatic)
        {
            TimeSpan left = _options.CollectFor - _clock.GetElapsedTime(_busySince);
            return _rows < _capacity && left > TimeSpan.Zero ? _queue.WaitFor(left) : null;
        }

        return _rows < _capacity ? _queue.TakeSpare()
            : _rows == _capacity ? _queue.TakeUrgent((long)(_clock.GetTimestamp() + (2 * RoundCost) + _rates.Join + _rates.Finish))
            : null;
    }

    /// <summary>Gives the memory of other shapes than the model's own back, and waits as long as it takes.</summary>
    private EngineJob? WaitWithoutLanes()
    {
        CloseUnused(batch => batch.Key.Shape != default);
        return _queue.Wait();
    }

    private void TakeUp(EngineJob job)
    {
        job.TakeUp();
        if (job.IsAbandoned || job.IsSuperseded)
        {
            job.Abandon();
            return;
        }

        Expire(RoundCost + (job.Cost * _rates.Join));
        NoteLoad(new JobLoad(_rows, _cost).And(job));
        long begun = _clock.GetTimestamp();
        try
        {
            BatchOf(new BatchKey(job.Method, job.Shape)).Join(job);
            job.Service += _clock.GetTimestamp() - begun;
        }
        catch (Exception fault)
        {
            job.Service += _clock.GetTimestamp() - begun;
            job.Fail(fault);
            CountRows();
        }
    }

    private void Step(MethodBatch batch)
    {
        try
        {
            _answered += batch.Step();
        }
        catch (Exception fault)
        {
            Drop(batch, fault);
        }

        CountRows();
        CompleteAnswered(inline: _untold.Count == 1 && _rows == 0 && _queue.Count == 0);
    }

    private void Expire(double ahead)
    {
        for (int i = _batches.Count - 1; i >= 0; i--)
        {
            MethodBatch batch = _batches[i];
            try
            {
                _answered += batch.Expire(ahead);
            }
            catch (Exception fault)
            {
                Drop(batch, fault);
            }
        }

        CountRows();
        CompleteAnswered(inline: false);
    }

    /// <summary>Tells callers once their rows are free.</summary>
    /// <param name="inline">Whether the one client continues on this thread, which is then idle; otherwise on the thread pool.</param>
    private void CompleteAnswered(bool inline)
    {
        foreach (EngineJob job in _untold)
        {
            job.Complete(inline);
        }

        _untold.Clear();
    }

    /// <summary>The memory of a map that failed is not to be trusted: its rows fail, and the next job opens a fresh lane.</summary>
    private void Drop(MethodBatch batch, Exception fault)
    {
        batch.Fail(fault);
        _batches.Remove(batch);
        batch.Dispose();
    }

    private void CountRows()
    {
        JobLoad load = default;
        for (int i = 0; i < _batches.Count; i++)
        {
            load += _batches[i].Load;
        }

        NoteLoad(load);
    }

    private void NoteLoad(JobLoad load)
    {
        Volatile.Write(ref _cost, load.Cost);
        Volatile.Write(ref _rows, load.Jobs);
    }

    private void NoteBusy()
    {
        long now = _clock.GetTimestamp();
        if (_busySince > 0)
        {
            _rates.NoteBusy(now - _busySince, _answered);
        }

        (_busySince, _answered) = (now, 0);
    }

    private MethodBatch BatchOf(BatchKey key)
    {
        MethodBatch? batch = _batches.Find(candidate => candidate.Key.Equals(key));
        if (batch is null)
        {
            CloseUnused(_ => IsTooMuchUnused());
            batch = Open(key);
            _batches.Add(batch);
        }

        return batch;
    }

    /// <summary>Opens a batch, if need be in the memory of those that are not used.</summary>
    /// <exception cref="LaneMemoryException">There is no room for it even so.</exception>
    private MethodBatch Open(BatchKey key)
    {
        // One row more than the thread's share is kept for a job whose deadline allows it to wait no longer.
        int capacity = _capacity + (IsStatic ? 0 : 1);
        LaneMemory.Share share = Take(_model.At(key.Shape).BytesOf(capacity));
        try
        {
            return new MethodBatch(key, _model, capacity, _options.Batching, _untold, _rates, share, _clock);
        }
        catch
        {
            share.Dispose();
            throw;
        }
    }

    private LaneMemory.Share Take(long bytes)
    {
        LaneMemory.Share? share = _options.Memory.Take(bytes);
        while (share is null && CloseUnused(_ => true, most: 1))
        {
            share = _options.Memory.Take(bytes);
        }

        return share ?? throw _options.Memory.Refuse(bytes);
    }

    /// <summary>Closes batches without rows, the least recently used first, as long as the condition holds for them. Whether one was closed.</summary>
    private bool CloseUnused(Predicate<MethodBatch> isClosed, int most = int.MaxValue)
    {
        int closed = 0;
        while (closed < most && _batches.Where(batch => batch.Rows == 0 && isClosed(batch)).MinBy(batch => batch.JoinedAt) is { } unused)
        {
            _batches.Remove(unused);
            unused.Dispose();
            closed++;
        }

        return closed > 0;
    }

    /// <summary>Closes batches that are not used, when a lane elsewhere has found no room.</summary>
    private void GiveBack()
    {
        if (_refusals != _options.Memory.Refusals)
        {
            _refusals = _options.Memory.Refusals;
            CloseUnused(_ => true);
        }
    }

    private bool IsTooMuchUnused()
    {
        long bytes = 0;
        for (int i = 0; i < _batches.Count; i++)
        {
            bytes += _batches[i].Rows == 0 ? _batches[i].Bytes : 0;
        }

        return _batches.Count >= MostBatches || bytes > MostUnusedBytes;
    }
}
