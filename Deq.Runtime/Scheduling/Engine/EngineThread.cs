using Deq.Runtime.Models;
using Deq.Runtime.Scheduling.Queue;

namespace Deq.Runtime.Scheduling.Engine;

/// <summary>One dedicated thread: takes jobs up, evaluates its rows, answers those that are done, until the queue is closed and empty.</summary>
internal sealed class EngineThread
{
    /// <summary>For how long a thread without work keeps lanes of other shapes than the model's own.</summary>
    private static readonly TimeSpan s_keptIdle = TimeSpan.FromSeconds(2);

    private readonly JobQueue _queue;
    private readonly ServiceRates _rates;
    private readonly TimeProvider _clock;
    private readonly EngineOptions _options;
    private readonly int _capacity;
    private readonly ThreadBatches _batches;
    private readonly RoomCheck _hasRoom;
    private readonly Predicate<EngineJob> _isTurnOf;
    private readonly ThreadJobs _left = new();
    private readonly Thread _thread;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _rows;
    private double _cost;
    private double _answered;
    private long _busySince;

    public EngineThread(
        string name, IEquilibriumModel model, JobQueue queue, int capacity, EngineOptions options, ServiceRates rates, OpenLanes open, TimeProvider clock)
    {
        (_queue, _capacity, _options, _rates, _clock) = (queue, capacity, options, rates, clock);
        _batches = new ThreadBatches(model, capacity, options, rates, _left, open, clock);
        (_hasRoom, _isTurnOf) = (_batches.HasRoomFor, _batches.IsTurnOf);
        _thread = new Thread(Run) { Name = name, IsBackground = true };
    }

    /// <summary>Rows being solved, the one being prepared included.</summary>
    public int Rows => Volatile.Read(ref _rows);

    /// <summary>Those rows and what they cost; for estimates, as the two are not read together.</summary>
    public JobLoad Load => new(Rows, Volatile.Read(ref _cost));

    /// <summary>Ends with the thread.</summary>
    public Task Ended => _ended.Task;

    private bool IsStatic => _options.Batching == BatchingMode.Static;

    public void Start() => _thread.Start();

    private void Run()
    {
        while (TakeUpJobs())
        {
            _batches.GiveBack();
            Expire(ahead: 0);
            if (_batches.Next() is { } batch)
            {
                Step(batch);
            }

            NoteBusy();
        }

        _batches.CloseAll();
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
        double evaluation = _batches.RoundCost;
        long spent = 0;
        while ((_rows == 0 || spent == 0 || IsStatic || spent + _rates.Join <= evaluation) && NextJob() is { } job)
        {
            long begun = _clock.GetTimestamp();
            TakeUp(job);
            spent += _clock.GetTimestamp() - begun;
            evaluation = evaluation > 0 ? evaluation : _batches.RoundCost;
        }

        return _rows > 0;
    }

    private EngineJob? NextJob()
    {
        if (_left.Lost.TryPeek(out EngineJob? lost) && _rows < _capacity && !(lost.IsAlone && _batches.HasAlone))
        {
            return _left.Lost.Dequeue();
        }

        if (_rows == 0)
        {
            NoteBusy();
            EngineJob? job = WaitForJob();
            _busySince = _clock.GetTimestamp();
            return job;
        }

        if (IsStatic)
        {
            TimeSpan left = _options.CollectFor - _clock.GetElapsedTime(_busySince);
            return _rows < _capacity && left > TimeSpan.Zero ? _queue.WaitFor(_hasRoom, left) : null;
        }

        // A deadline is worth one row more than the thread's share, the fair share of another client as many as there are beside.
        return _rows < _capacity ? _queue.TakeSpare(_hasRoom, _isTurnOf)
            : _rows == _capacity ? _queue.TakeUrgent(_hasRoom, (long)(_clock.GetTimestamp() + (2 * _batches.RoundCost) + _rates.Join + _rates.Finish))
            : _rows < _batches.Capacity ? _queue.TakeUrgent(_hasRoom, long.MinValue)
            : null;
    }

    /// <summary>Waits as long as it takes; gives the memory of other shapes than the model's own back after a while, and what others want at once.</summary>
    private EngineJob? WaitForJob()
    {
        EngineJob? job = null;
        long since = _clock.GetTimestamp();
        TimeSpan most = s_keptIdle;
        while (job is null && !_queue.IsDrained)
        {
            int heard = _queue.Nudges;
            _batches.GiveBack();
            job = _queue.Wait(_hasRoom, most, heard);
            if (job is null && _clock.GetElapsedTime(since) >= 0.9 * s_keptIdle)
            {
                _batches.CloseOthers();
                most = Timeout.InfiniteTimeSpan;
            }
        }

        return job;
    }

    private void TakeUp(EngineJob job)
    {
        if (job.Losses == 0)
        {
            job.TakeUp();
        }

        if (job.IsAbandoned || job.IsSuperseded)
        {
            job.Abandon();
            return;
        }

        Expire(job.Cost * _rates.Join);
        NoteLoad(new JobLoad(_rows, _cost).And(job));
        long begun = _clock.GetTimestamp();
        try
        {
            _batches.Join(job);
            ThreadBatches.LeaveLine(job);
            job.Service += _clock.GetTimestamp() - begun;
        }
        catch (LaneMemoryException refusal) when (_batches.MayWait(job, refusal))
        {
            // Another thread was faster. A job whose lane was lost waits in the queue too: the next lane may be that of another thread.
            CountRows();
            _queue.PutBack(job);
            job.LeaveIfAbandoned(_queue);
        }
        catch (Exception fault)
        {
            job.Service += _clock.GetTimestamp() - begun;
            job.Fail(fault);
            DropLost();
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

        DropLost();
        CountRows();
        CompleteAnswered(inline: _left.Answered.Count == 1 && _left.Lost.Count == 0 && _rows == 0 && _queue.Count == 0);
    }

    /// <param name="ahead">What comes before the next step, in the clock's ticks.</param>
    private void Expire(double ahead)
    {
        for (int i = _batches.Count - 1; i >= 0; i--)
        {
            MethodBatch batch = _batches[i];
            try
            {
                _answered += batch.Expire(ahead + _batches.RoundCostOf(batch));
            }
            catch (Exception fault)
            {
                Drop(batch, fault);
            }
        }

        DropLost();
        CountRows();
        CompleteAnswered(inline: false);
    }

    /// <summary>Tells callers once their rows are free.</summary>
    /// <param name="inline">Whether the one client continues on this thread, which is then idle; otherwise on the thread pool.</param>
    private void CompleteAnswered(bool inline)
    {
        foreach (EngineJob job in _left.Answered)
        {
            job.Complete(inline);
        }

        _left.Answered.Clear();
    }

    /// <summary>Closes batches whose lane was lost by what only some of their rows met.</summary>
    private void DropLost()
    {
        for (int i = _batches.Count - 1; i >= 0; i--)
        {
            if (_batches[i] is { Loss: { } loss } batch)
            {
                Drop(batch, loss);
            }
        }
    }

    /// <summary>The memory of a map that failed is not to be trusted: its rows fail or are solved anew, and the next job opens a fresh lane.</summary>
    private void Drop(MethodBatch batch, Exception fault)
    {
        batch.Fail(fault);
        _batches.Close(batch);
    }

    private void CountRows() => NoteLoad(_batches.Load);

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
}
