using Deq.Runtime.FixedPoints;
using Deq.Runtime.Scheduling.Engine;
using Deq.Runtime.Scheduling.Starts;

namespace Deq.Runtime.Scheduling.Queue;

/// <summary>An accepted request and the task that its caller awaits.</summary>
internal sealed class EngineJob<TResult> : EngineJob
{
    private readonly InferenceRequest<TResult> _request;
    private readonly TimeProvider _clock;
    private readonly EngineTelemetry _telemetry;
    private readonly JobTrace? _trace;
    private readonly AnswerWatch<TResult>? _watch;
    private readonly CancellationTokenSource _leave;
    private readonly CancellationToken _lost;
    private readonly TaskCompletionSource<InferenceAnswer<TResult>> _completion;
    private readonly List<double>? _residuals;
    private readonly List<double>? _energies;
    private InferenceAnswer<TResult>? _answer;
    private CancellationTokenRegistration _withdrawal;
    private CancellationTokenRegistration _loss;
    private JobQueue? _queue;
    private BatchShareTally _shares;
    private int _evaluations;
    private long _takenAt;
    private long? _encodedAt;
    private bool _isQuick;
    private bool _isStandby;

    [System.Diagnostics.CodeAnalysis.SetsRequiredMembers]
    public EngineJob(
        InferenceRequest<TResult> request, double cost, TimeProvider clock, long acceptedAt, EngineTelemetry telemetry, CancellationToken stopping)
    {
        (_request, _clock, _telemetry) = (request, clock, telemetry);
        _completion = new(request.ContinuesOnEngineThread ? TaskCreationOptions.None : TaskCreationOptions.RunContinuationsAsynchronously);
        _trace = telemetry.Trace(request.Method.Name, acceptedAt);
        _watch = request.Progress is not null || request.UntilStable is not null ? new AnswerWatch<TResult>(request) : null;
        _leave = CancellationTokenSource.CreateLinkedTokenSource(request.Cancellation, stopping);
        _lost = request.Rivals?.Won ?? CancellationToken.None;
        (Method, Shape, Cost, Priority, AcceptedAt) = (request.Method, request.Shape, cost, request.Priority, acceptedAt);
        (Client, Weight) = (request.Client, request.Weight);
        (Start, FinalState, Judge) = (request.Start, request.FinalState, request.Judge);
        _residuals = request.KeepsResiduals ? [] : null;
        _energies = request.Energy is null ? null : [];
        DeadlineAt = request.Budget.Time is { } time ? After(time) : long.MaxValue;
        DueAt = Math.Min(DeadlineAt, After(FarDeadline));
        Grant = new RowGrant
        {
            AnswersFinal = request.AnswersFinal,
            Tolerance = request.Tolerance,
            Budget = request.Budget,
            AcceptedAt = acceptedAt,
            Cancellation = _leave.Token,
            Superseded = _lost,
        };

        // In double, so that a time beyond the clock's range becomes its end.
        long After(TimeSpan time) => (long)Math.Min(acceptedAt + (time.TotalSeconds * clock.TimestampFrequency), long.MaxValue / 2);
    }

    public Task<InferenceAnswer<TResult>> Completion => _completion.Task;

    public override bool IsWatched => _watch is not null;

    public override bool IsAbandoned => _request.Cancellation.IsCancellationRequested;

    public override bool IsSuperseded => _lost.IsCancellationRequested;

    /// <summary>Leaves the queue by itself when the caller goes away or the engine stops. Called before the job is queued.</summary>
    public void WithdrawFrom(JobQueue queue)
    {
        _queue = queue;
        _withdrawal = _leave.Token.UnsafeRegister(_ => Leave(queue), null);
        _loss = _lost.UnsafeRegister(_ => Leave(queue), null);
    }

    public override void LeaveIfAbandoned(JobQueue queue)
    {
        if (_leave.IsCancellationRequested || IsSuperseded)
        {
            Leave(queue);
        }
    }

    /// <summary>Lets go of a job that was never queued.</summary>
    public void Discard() => Release();

    public override void TakeUp()
    {
        _takenAt = _clock.GetTimestamp();
        if (!WasPutBack)
        {
            _trace?.Advance(_takenAt);
        }
    }

    public override bool HasQuickInput => _request.QuickInput is not null;

    public override void WriteInput(Span<float> input, bool isQuick)
    {
        _isQuick = isQuick;
        (isQuick ? _request.QuickInput! : _request.Input)(input);
    }

    public override void PlanStart(int stateWidth)
    {
        if (_request.PlanStart?.Invoke() is not { } plan)
        {
            return;
        }

        if (plan.Candidates.Count == 0 || plan.Candidates.Any(state => state.Length != 0 && state.Length != stateWidth))
        {
            throw new ArgumentException(
                $"A plan needs candidates of {stateWidth} numbers each, or none for cold; it has [{string.Join(", ", plan.Candidates.Select(state => state.Length))}].",
                nameof(stateWidth));
        }

        (Plan, Choice) = (plan, new StartChoice(plan.Candidates.Count));
    }

    public override void NoteResidual(double residual) => _residuals?.Add(double.IsFinite(residual) ? residual : double.PositiveInfinity);

    public override bool LacksEnergyOf(int evaluations) => _energies?.Count < evaluations;

    public override void NoteEnergy(ReadOnlySpan<float> state, double energy)
    {
        double read = state.IsEmpty ? double.PositiveInfinity : _request.Energy!(state, energy);
        _energies!.Add(double.IsFinite(read) ? read : double.PositiveInfinity);
    }

    public override void BeginSolve(bool isStandby)
    {
        long now = _clock.GetTimestamp();
        if (_encodedAt is null)
        {
            _trace?.Advance(now);
        }

        (_encodedAt, _isStandby) = (now, isStandby);
    }

    public override void NoteShare(int rows)
    {
        _shares.Note(rows);
        _evaluations++;
    }

    public override bool IsStableAfter(ReadOnlySpan<float> output, RowStanding standing) => _watch!.IsStableAfter(output, standing, _energies?.LastOrDefault());

    public override void NoteRefusal(ReadOnlySpan<float> output, RowSolution solution) => _watch?.Refuse(_request.Output(output), solution);

    public override void Answer(ReadOnlySpan<float> output, RowSolution solution, long solvedAt)
    {
        _trace?.Advance(solvedAt);
        TResult? result = solution.HasFiniteState ? _request.Output(output) : default;
        _watch?.End(result, solution, _energies?.LastOrDefault());
        long now = _clock.GetTimestamp();
        TimeSpan queued = _clock.GetElapsedTime(AcceptedAt, _takenAt);
        BatchShare share = _shares.Share();
        _trace?.End(now);
        ChosenStart? chosen = Choice?.Chosen;
        bool isStarted = chosen is null ? Start is not null : Plan!.Candidates[chosen.Candidate].Length > 0;
        bool isWarm = isStarted && (_request.IsWarm?.Invoke() ?? true);
        _telemetry.Answered(Method.Name, solution, queued, _clock.GetElapsedTime(_encodedAt ?? solvedAt, solvedAt), share, isWarm);
        if (solution.Converged)
        {
            _request.Rivals?.Win();
        }

        Release();
        _answer = new InferenceAnswer<TResult>(result, solution, queued, _clock.GetElapsedTime(AcceptedAt, now), share)
        {
            IsWarm = isWarm,
            IsQuick = _isQuick,
            IsStandby = _isStandby,
            Start = chosen,
            Residuals = _residuals ?? [],
            Energies = _energies ?? [],
        };
    }

    public override void Complete(bool inline)
    {
        if (inline)
        {
            _completion.TrySetResult(_answer!);
        }
        else
        {
            CompleteOnThreadPool(job => job._completion.TrySetResult(job._answer!));
        }
    }

    public override void Abandon()
    {
        _trace?.End(_clock.GetTimestamp());
        Release();
        if (IsAbandoned)
        {
            CompleteOnThreadPool(job => job._completion.TrySetCanceled(job._request.Cancellation));
        }
        else if (IsSuperseded)
        {
            TimeSpan waited = _clock.GetElapsedTime(AcceptedAt);
            var unsolved = new RowSolution(StopReason.Superseded, Evaluations: 0, double.PositiveInfinity, HasFiniteState: false);
            _answer = new InferenceAnswer<TResult>(default, unsolved, waited, waited, new BatchShare(0, 0, 0));
            CompleteOnThreadPool(job => job._completion.TrySetResult(job._answer!));
        }
        else
        {
            CompleteOnThreadPool(job => job._completion.TrySetException(new EngineStoppedException()));
        }
    }

    protected override void ForgetSolve()
    {
        (Plan, Choice) = (null, null);
        _residuals?.Clear();
        _energies?.Clear();
        _watch?.Forget();
        _shares = default;
    }

    protected override void EndBy(Exception fault)
    {
        _trace?.End(_clock.GetTimestamp(), fault);
        Release();
        CompleteOnThreadPool(job => job._completion.TrySetException(fault));
    }

    /// <summary>Completes such that what awaits the answer continues on the thread pool.</summary>
    private void CompleteOnThreadPool(Action<EngineJob<TResult>> complete)
    {
        if (_request.ContinuesOnEngineThread)
        {
            ThreadPool.UnsafeQueueUserWorkItem(complete, this, preferLocal: false);
        }
        else
        {
            complete(this);
        }
    }

    private void Leave(JobQueue queue)
    {
        if (queue.Remove(this))
        {
            Abandon();
        }
    }

    /// <summary>Unhooks from the caller's token without waiting for a withdrawal that may be under way on this very thread.</summary>
    private void Release()
    {
        Claim?.Dispose();
        _queue?.End(this);
        _telemetry.Used(_request.Account, Service / _clock.TimestampFrequency);
        _request.Spent?.Invoke(_evaluations);
        _withdrawal.Unregister();
        _loss.Unregister();
        _leave.Dispose();
    }
}
