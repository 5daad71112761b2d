using Deq.Runtime.Models;
using Deq.Runtime.Scheduling.Queue;

namespace Deq.Runtime.Scheduling.Engine;

/// <summary>The batches of one thread: which one a job joins, which one is stepped next, and when their memory is given back.</summary>
/// <remarks>
/// Batches share the thread's time, not its steps: the next one stepped is that which has had the least time for the weight of its clients, joins and answers included. So a
/// few rows of one client do not wait for the many of another at every evaluation: they have a batch beside theirs. Source: as of <see cref="ClientTurns"/>. Nothing is allocated per step.
/// </remarks>
internal sealed partial class ThreadBatches
{
    /// <summary>
    /// Steps of the others that rows beside them are ahead at first. Their clients had nothing to ask for while others had the thread, so a short solve is answered
    /// without waiting for the many; a long one gains no more than that.
    /// </summary>
    private const int StepsAhead = 2;

    private readonly IEquilibriumModel _model;
    private readonly EngineOptions _options;
    private readonly ServiceRates _rates;
    private readonly ThreadJobs _left;
    private readonly OpenLanes _open;
    private readonly TimeProvider _clock;
    private readonly List<MethodBatch> _batches = [];
    private readonly int _rows;
    private readonly int _rowsBeside;
    private double _now;

    /// <param name="model">The model.</param>
    /// <param name="rows">The thread's share of rows.</param>
    /// <param name="options">The engine's options.</param>
    /// <param name="rates">Receives what steps take.</param>
    /// <param name="left">Receives the jobs that have their answer, and those whose lane was lost.</param>
    /// <param name="open">Counts the lanes of all threads.</param>
    /// <param name="clock">Measures time.</param>
    public ThreadBatches(IEquilibriumModel model, int rows, EngineOptions options, ServiceRates rates, ThreadJobs left, OpenLanes open, TimeProvider clock)
    {
        (_model, _options, _rates, _left, _open, _clock) = (model, options, rates, left, open, clock);
        bool isStatic = options.Batching == BatchingMode.Static;

        // One row more than the thread's share is kept for a job whose deadline allows it to wait no longer.
        (_rows, _rowsBeside) = isStatic ? (rows, 0) : (rows + 1, Math.Max(1, rows / 2));
        Capacity = isStatic ? rows : rows + _rowsBeside;
    }

    /// <summary>The most rows of all batches.</summary>
    public int Capacity { get; }

    public int Count => _batches.Count;

    /// <summary>All rows and what they cost.</summary>
    public JobLoad Load
    {
        get
        {
            JobLoad load = default;
            for (int i = 0; i < _batches.Count; i++)
            {
                load += _batches[i].Load;
            }

            return load;
        }
    }

    /// <summary>What one step of every batch takes, in the clock's ticks.</summary>
    public double RoundCost
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

    /// <summary>Whether a row is solved that no other may be evaluated with. One at a time is.</summary>
    public bool HasAlone
    {
        get
        {
            for (int i = 0; i < _batches.Count; i++)
            {
                if (_batches[i] is { Key.IsAlone: true, Rows: > 0 })
                {
                    return true;
                }
            }

            return false;
        }
    }

    public MethodBatch this[int index] => _batches[index];

    /// <summary>The time between two evaluations of a row of the batch, in the clock's ticks: others have as long as its own step, or one step that is longer.</summary>
    public double RoundCostOf(MethodBatch batch)
    {
        double own = batch.StepCost;
        double cost = 0;
        for (int i = 0; i < _batches.Count; i++)
        {
            cost += _batches[i].StepCost is > 0 and double step ? Math.Max(own, step) : 0;
        }

        return cost;
    }

    /// <summary>Gives a job a row. Throws without having changed a row when its input cannot be read or encoded, or when there is no memory.</summary>
    public void Join(EngineJob job)
    {
        MethodBatch batch = BatchFor(job);
        if (batch.Rows == 0)
        {
            batch.Turn = Math.Max(batch.Turn, _now - (batch.Key.IsBeside ? StepsAhead * RoundCost : 0));
        }

        batch.Join(job);
    }

    /// <summary>
    /// Whether a job may join now: not where that delays rows of other clients, beside the batch that it would join, which have had less of the thread's time.
    /// </summary>
    public bool IsTurnOf(EngineJob job)
    {
        var key = new BatchKey(job.Method, job.Shape);
        return Find(key with { IsBeside = true }) is not { Rows: > 0 } beside
            || Find(key) is not { Rows: > 0 } shared
            || shared.Turn <= beside.Turn
            || shared.Clients.AreMostlyOfAnother(job.Client);
    }

    /// <summary>The batch to be stepped next; null when none has a row.</summary>
    public MethodBatch? Next()
    {
        MethodBatch? next = null;
        for (int i = 0; i < _batches.Count; i++)
        {
            MethodBatch batch = _batches[i];
            next = batch.Rows > 0 && (next is null || batch.Turn < next.Turn) ? batch : next;
        }

        _now = next is null ? _now : Math.Max(_now, next.Turn);
        return next;
    }

    public void Close(MethodBatch batch)
    {
        _batches.Remove(batch);
        _open.Closed(batch.Key, batch.IsShut);
        batch.Dispose();
    }

    public void CloseAll()
    {
        while (_batches.Count > 0)
        {
            Close(_batches[^1]);
        }
    }

    private MethodBatch BatchFor(EngineJob job)
    {
        CloseUnused(batch => batch.IsRetired);
        var key = new BatchKey(job.Method, job.Shape, IsAlone: job.IsAlone);
        MethodBatch? open = Find(key);
        if (job.IsAlone)
        {
            return open ?? Open(key, job);
        }

        if (open is not null && job is { LacksRoomSince: not null, Losses: 0 } && IsOverdue(job))
        {
            // Rows that join a lane which others wait for would have it stay open.
            throw _options.Memory.Refuse(open.Bytes);
        }

        MethodBatch shared = open ?? Open(key, job);
        bool isFull = shared.Rows == _rows;
        if (_rowsBeside == 0 || (!isFull && !shared.Clients.AreMostlyOfAnother(job.Client)))
        {
            return shared;
        }

        BatchKey besideKey = key with { IsBeside = true };
        MethodBatch? beside = Find(besideKey) ?? OpenIfRoom(besideKey, job);
        return beside?.Rows < _rowsBeside ? beside : isFull ? throw _options.Memory.Refuse(BytesOf(besideKey)) : shared;
    }

    private MethodBatch? Find(BatchKey key)
    {
        for (int i = 0; i < _batches.Count; i++)
        {
            if (_batches[i].Key.Equals(key) && !_batches[i].IsRetired)
            {
                return _batches[i];
            }
        }

        return null;
    }
}
