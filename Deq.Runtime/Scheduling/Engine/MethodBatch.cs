using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;
using Deq.Runtime.Scheduling.Layouts;
using Deq.Runtime.Scheduling.Queue;
using Deq.Runtime.Scheduling.Starts;

namespace Deq.Runtime.Scheduling.Engine;

/// <summary>What rows must agree in to share a batch.</summary>
/// <param name="Method">How the next iterate is proposed.</param>
/// <param name="Shape">The shape of the input.</param>
/// <param name="IsBeside">Whether it is for the few rows of clients beside the many of another.</param>
/// <param name="IsAlone">Whether it is for one row by itself, of <see cref="EngineJob.IsAlone"/>.</param>
internal readonly record struct BatchKey(IFixedPointMethod Method, ShapeKey Shape, bool IsBeside = false, bool IsAlone = false);

/// <summary>The running batch of one method and shape on one thread: its lane through the model, and whose row is whose.</summary>
/// <remarks>Nothing is allocated per step, unless a row is watched or the batch is static.</remarks>
internal sealed partial class MethodBatch : IJobKeeper, IDisposable
{
    /// <summary>How much longer than the mean an input may take to prepare: half of all take longer than that.</summary>
    private const double Caution = 1.25;

    private readonly IModelLane _lane;
    private readonly HeldRowsMap? _held;
    private readonly RunningBatch _batch;
    private readonly TimeProvider _clock;
    private readonly ServiceRates _rates;
    private readonly StepCosts _costs;
    private readonly BatchJobs _jobs = new();
    private readonly Func<int, EngineJob> _jobOf;
    private readonly ThreadJobs _left;
    private readonly RowEnergies _energies;
    private readonly float[] _input;
    private readonly float[] _output;
    private readonly double _cost;
    private readonly int _stateWidth;
    private readonly LaneMemory.Share _memory;
    private bool _failsTogether;

    private MethodBatch(
        BatchKey key, IEquilibriumModel model, IModelLane lane, int capacity, BatchingMode mode, ThreadJobs left, ServiceRates rates, LaneMemory.Share memory, TimeProvider clock)
    {
        (Key, _lane, _left, _rates, _memory, _clock) = (key, lane, left, rates, memory, clock);
        IEquilibriumModel shaped = model.At(key.Shape);
        _cost = model.CostOf(key.Shape);
        _stateWidth = shaped.StateWidth;
        _held = mode == BatchingMode.Static ? new HeldRowsMap(_lane) : null;
        _batch = new RunningBatch(_lane.Space, (IFixedPointMap?)_held ?? _lane, key.Method, clock, _lane.Residual);
        _energies = new RowEnergies(_lane, _stateWidth);
        _costs = new StepCosts(capacity);
        _jobOf = ticket => _jobs[ticket];
        _input = new float[shaped.InputLength];
        _output = new float[shaped.OutputLength];
    }

    /// <summary>Opens a lane with all the memory that its rows need.</summary>
    /// <param name="key">What its rows agree in.</param>
    /// <param name="model">The model.</param>
    /// <param name="capacity">The most rows.</param>
    /// <param name="mode">When rows leave.</param>
    /// <param name="left">Receives the jobs that have their answer, and those whose lane was lost.</param>
    /// <param name="rates">Receives what steps take.</param>
    /// <param name="memory">What it takes; given back with it.</param>
    /// <param name="clock">Measures time.</param>
    public static MethodBatch Open(
        BatchKey key, IEquilibriumModel model, int capacity, BatchingMode mode, ThreadJobs left, ServiceRates rates, LaneMemory.Share memory, TimeProvider clock)
    {
        IEquilibriumModel shaped = model.At(key.Shape);
        for (int opened = 1; ; opened++)
        {
            IModelLane lane = shaped.OpenLane(capacity);
            try
            {
                return new MethodBatch(key, model, lane, capacity, mode, left, rates, memory, clock);
            }
            catch (Exception fault)
            {
                bool isLost = lane.IsLostBy(fault);
                CloseAfterFault(lane);
                if (!isLost || opened == EngineJob.MostLosses)
                {
                    throw;
                }
            }
        }
    }

    public BatchKey Key { get; }

    /// <summary>Rows taken: those being solved, and in a static batch those that wait for the others.</summary>
    public int Rows => _jobs.Count + _heldAnswers.Count;

    /// <summary>Those rows and what they cost.</summary>
    public JobLoad Load => new(Rows, Rows * _cost);

    /// <summary>Whose the rows are that are being solved.</summary>
    public ClientRows Clients => _jobs.Clients;

    /// <summary>The time that the batch has had for the weight of its clients, in the clock's ticks: the one with the least is stepped next.</summary>
    public double Turn { get; set; }

    /// <summary>The memory that the batch takes.</summary>
    public long Bytes => _memory.Bytes;

    /// <summary>Whether rows join another batch from now on, and this one is closed once it has none.</summary>
    public bool IsRetired => _lane.IsRetired;

    /// <summary>The timestamp at which the thread found it retired; null before.</summary>
    public long? RetiredAt { get; set; }

    /// <summary>Whether it was retired so long ago that it takes no further row, and no longer counts as open.</summary>
    public bool IsShut { get; set; }

    /// <summary>By what the lane was lost; null while it is not.</summary>
    public Exception? Loss { get; private set; }

    /// <summary>The timestamp at which a row last joined; null before the first.</summary>
    public long? JoinedAt { get; private set; }

    /// <summary>What the next step will take, in the clock's ticks; 0 without rows.</summary>
    public double StepCost => _jobs.Count == 0 ? 0 : _costs.Of(EvaluatedRows, _cost * _rates.Step);

    private int EvaluatedRows => _held is null ? _jobs.Count : Math.Max(_held.Rows, _jobs.Count);

    /// <summary>Gives a job a row. Throws without having changed anything when its input cannot be read or encoded.</summary>
    public void Join(EngineJob job)
    {
        long begun = _clock.GetTimestamp();
        bool isQuick = job.HasQuickInput && job.DeadlineAt - begun < Caution * _cost * (_rates.Join + _rates.Step + _rates.Finish);

        job.Keeper = this;

        // The encoder may fail, and a row that has joined cannot be taken back: so encode into the row that will be next, then join.
        job.WriteInput(_input, isQuick);
        job.PlanStart(_stateWidth);
        _batch.Release();
        _lane.Encode(_input, _batch.Rows);
        int ticket = _batch.Join(job.Plan is { } plan ? job.Grant with { Starts = plan.Candidates.Count } : job.Grant, out int row);
        StartTrials.Place(_lane, _batch, row, job.Plan?.Candidates[0] ?? job.Start);

        _jobs.Add(ticket, job);
        job.BeginSolve(_lane.IsStandby);
        long joined = _clock.GetTimestamp();
        Charge(begun, Clients.Weight);
        if (JoinedAt is not null)
        {
            // The first one is given the lane's memory page by page, which others do not wait for; so is the first answer.
            _rates.NoteJoin(Typical(joined - begun), isQuick);
        }

        JoinedAt = joined;
    }

    /// <summary>Evaluates once for every row, and answers those that are done. How many were answered, counted by what they cost.</summary>
    public double Step()
    {
        int rows = _held?.Hold(_jobs.Count) ?? _jobs.Count;
        _jobs.NoteShare(rows);
        long begun = _clock.GetTimestamp();
        _batch.Step();
        long solvedAt = _clock.GetTimestamp();
        StartTrials.Note(_lane, _batch, _jobOf);
        int failed = WatchedRows.Show(_lane, _batch, _jobs, _energies, _output);
        failed += JudgedRows.Judge(_lane, _batch, _jobs, _stateWidth, _output);
        long taken = _clock.GetTimestamp() - begun;
        _jobs.Charge(taken, rows);
        _costs.Note(rows, taken);
        _rates.NoteStep(Typical(taken));
        int weight = Clients.Weight;
        int answered = failed + AnswerFinished(solvedAt);
        Charge(begun, weight);
        return _cost * answered;
    }

    /// <summary>
    /// Answers rows that have an iterate and whose deadline leaves no time for what comes next: no evaluation begins that could not be
    /// answered in time. How many were answered, counted by what they cost.
    /// </summary>
    /// <param name="ahead">What comes before their next evaluation could be answered, in the clock's ticks.</param>
    public double Expire(double ahead)
    {
        long now = _clock.GetTimestamp();
        double finish = _cost * _rates.Finish;
        double readyAt = now + ahead + finish;
        for (int row = 0; row < _batch.Rows; row++)
        {
            RowStanding standing = _batch.Standing(row);
            if (standing is { Evaluations: > 0, IsDone: false } && _jobs[standing.Ticket].DeadlineAt < readyAt)
            {
                _batch.Finish(row, StopReason.Deadline);
                readyAt += finish;
            }
        }

        return _cost * AnswerFinished(now);
    }

    /// <inheritdoc/>
    public bool TakesBack(EngineJob job, Exception fault)
    {
        if (_lane.IsLostBy(fault))
        {
            Loss = fault;
        }
        else if (_failsTogether)
        {
            job.IsAlone = true;
        }
        else
        {
            return false;
        }

        if (!job.MayBeSolvedAnew)
        {
            return false;
        }

        _left.Lost.Enqueue(job);
        return true;
    }

    /// <inheritdoc/>
    public Exception Explained(Exception fault) => _lane.RefusalBy(fault) is { } refusal ? new UnfitInputException(refusal, fault) : fault;

    /// <summary>Ends every job of a batch whose lane has failed, or has it solved anew: by itself where there are others, of whose rows one may be at fault.</summary>
    public void Fail(Exception fault)
    {
        _failsTogether = _jobs.Count > 1;
        _jobs.Fail(fault);
        AnswerHeld();
    }

    public void Dispose()
    {
        using (_memory)
        {
            if (Loss is null)
            {
                _lane.Dispose();
            }
            else
            {
                CloseAfterFault(_lane);
            }
        }
    }

    private static void CloseAfterFault(IModelLane lane)
    {
        try
        {
            lane.Dispose();
        }
        catch (Exception)
        {
            // What was thrown before says more, and what a device that failed does not give back is lost with it.
        }
    }

    /// <summary>Notes time that the batch has had, for clients of so much weight together.</summary>
    private void Charge(long begun, int weight) => Turn += (double)(_clock.GetTimestamp() - begun) / Math.Max(1, weight);

    /// <summary>What a time would be for inputs of the model's default shape.</summary>
    private long Typical(long ticks) => (long)(ticks / _cost);
}
