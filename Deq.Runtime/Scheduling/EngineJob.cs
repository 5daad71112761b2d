using Deq.Runtime.FixedPoints;

namespace Deq.Runtime.Scheduling;

/// <summary>An accepted request whatever its result type, from the queue to its end. It ends exactly once.</summary>
internal abstract class EngineJob
{
    /// <summary>A request without a deadline takes its turn among the others as though it had this one.</summary>
    public static readonly TimeSpan FarDeadline = TimeSpan.FromSeconds(30);

    public required IFixedPointMethod Method { get; init; }

    public required ShapeKey Shape { get; init; }

    /// <summary>What an evaluation costs, where one of the model's default shape costs 1.</summary>
    public required double Cost { get; init; }

    public required Priority Priority { get; init; }

    public required RowGrant Grant { get; init; }

    /// <summary>The clock's timestamp at which it was submitted.</summary>
    public required long AcceptedAt { get; init; }

    /// <summary>The timestamp by which it is to be answered; the largest number without a deadline.</summary>
    public required long DeadlineAt { get; init; }

    /// <summary>The timestamp that decides its turn.</summary>
    public required long DueAt { get; init; }

    /// <summary>Its place among jobs due at the same time. Belongs to the queue.</summary>
    public long Sequence { get; set; }

    /// <summary>Its place in the order of arrival; null when it does not wait. Belongs to the queue.</summary>
    public LinkedListNode<EngineJob>? Arrival { get; set; }

    /// <summary>The state to start from; null is zero.</summary>
    public required ReadOnlyMemory<float>? Start { get; init; }

    /// <summary>Where the best iterate is to go; null is nowhere.</summary>
    public required Memory<float>? FinalState { get; init; }

    /// <summary>Where to start, once <see cref="PlanStart"/> was called; null is where <see cref="Start"/> says.</summary>
    public StartPlan? Plan { get; protected set; }

    /// <summary>The choice among the candidates of <see cref="Plan"/>.</summary>
    public StartChoice? Choice { get; protected set; }

    /// <summary>Whether the answer is wanted after each evaluation.</summary>
    public abstract bool IsWatched { get; }

    /// <summary>Notes that an engine thread took the job up.</summary>
    public abstract void TakeUp();

    public abstract void WriteInput(Span<float> input);

    /// <summary>Finds out where to start, after the input was written.</summary>
    /// <param name="stateWidth">Numbers of a state.</param>
    public abstract void PlanStart(int stateWidth);

    /// <summary>Notes the residual of an evaluation of the row.</summary>
    public abstract void NoteResidual(double residual);

    /// <summary>Notes that the input is encoded and the row has joined.</summary>
    public abstract void BeginSolve();

    /// <summary>Notes that an evaluation was made together with so many rows.</summary>
    public abstract void NoteShare(int rows);

    /// <summary>Takes in an evaluation of a watched row that goes on; see <see cref="AnswerWatch{TResult}"/>. True when the row is to stop.</summary>
    public abstract bool IsStableAfter(ReadOnlySpan<float> output, RowStanding standing);

    /// <summary>Ends with an answer made from the decoder's output, or from nothing when no iterate was finite.</summary>
    /// <param name="output">The decoder's output.</param>
    /// <param name="solution">How the solve ended.</param>
    /// <param name="solvedAt">The timestamp at which it did.</param>
    public abstract void Answer(ReadOnlySpan<float> output, RowSolution solution, long solvedAt);

    /// <summary>Whether nobody waits for the answer any more.</summary>
    public abstract bool IsAbandoned { get; }

    /// <summary>Ends without an answer: cancelled when the caller went away, otherwise because the engine stops.</summary>
    public abstract void Abandon();

    public abstract void Fail(Exception fault);
}

/// <summary>An accepted request and the task that its caller awaits.</summary>
internal sealed class EngineJob<TResult> : EngineJob
{
    private readonly InferenceRequest<TResult> _request;
    private readonly TimeProvider _clock;
    private readonly EngineTelemetry _telemetry;
    private readonly JobTrace? _trace;
    private readonly AnswerWatch<TResult>? _watch;
    private readonly CancellationTokenSource _leave;
    private readonly TaskCompletionSource<InferenceAnswer<TResult>> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenRegistration _withdrawal;
    private readonly List<double>? _residuals;
    private BatchShareTally _shares;
    private long _takenAt;
    private long _encodedAt;

    [System.Diagnostics.CodeAnalysis.SetsRequiredMembers]
    public EngineJob(
        InferenceRequest<TResult> request, double cost, TimeProvider clock, long acceptedAt, EngineTelemetry telemetry, CancellationToken stopping)
    {
        (_request, _clock, _telemetry) = (request, clock, telemetry);
        _trace = telemetry.Trace(request.Method.Name, acceptedAt);
        _watch = request.Progress is not null || request.UntilStable is not null ? new AnswerWatch<TResult>(request) : null;
        _leave = CancellationTokenSource.CreateLinkedTokenSource(request.Cancellation, stopping);
        (Method, Shape, Cost, Priority, AcceptedAt) = (request.Method, request.Shape, cost, request.Priority, acceptedAt);
        (Start, FinalState) = (request.Start, request.FinalState);
        _residuals = request.KeepsResiduals ? [] : null;
        DeadlineAt = request.Budget.Time is { } time ? After(time) : long.MaxValue;
        DueAt = Math.Min(DeadlineAt, After(FarDeadline));
        Grant = new RowGrant
        {
            Tolerance = request.Tolerance,
            Budget = request.Budget,
            AcceptedAt = acceptedAt,
            Cancellation = _leave.Token,
        };

        // In double, so that a time beyond the clock's range becomes its end.
        long After(TimeSpan time) => (long)Math.Min(acceptedAt + (time.TotalSeconds * clock.TimestampFrequency), long.MaxValue / 2);
    }

    public Task<InferenceAnswer<TResult>> Completion => _completion.Task;

    public override bool IsWatched => _watch is not null;

    public override bool IsAbandoned => _request.Cancellation.IsCancellationRequested;

    /// <summary>Leaves the queue by itself when the caller goes away or the engine stops. Called before the job is queued.</summary>
    public void WithdrawFrom(JobQueue queue) => _withdrawal = _leave.Token.UnsafeRegister(_ => Leave(queue), null);

    /// <summary>Leaves the queue if the caller went away while the job was being queued.</summary>
    public void LeaveIfAbandoned(JobQueue queue)
    {
        if (IsAbandoned)
        {
            Leave(queue);
        }
    }

    /// <summary>Lets go of a job that was never queued.</summary>
    public void Discard() => Release();

    public override void TakeUp()
    {
        _takenAt = _clock.GetTimestamp();
        _trace?.Advance(_takenAt);
    }

    public override void WriteInput(Span<float> input) => _request.Input(input);

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

        (Plan, Choice) = (plan, new StartChoice(plan.Candidates.Count, plan.SureBelow));
    }

    public override void NoteResidual(double residual) => _residuals?.Add(double.IsFinite(residual) ? residual : double.PositiveInfinity);

    public override void BeginSolve()
    {
        _encodedAt = _clock.GetTimestamp();
        _trace?.Advance(_encodedAt);
    }

    public override void NoteShare(int rows) => _shares.Note(rows);

    public override bool IsStableAfter(ReadOnlySpan<float> output, RowStanding standing) => _watch!.IsStableAfter(output, standing);

    public override void Answer(ReadOnlySpan<float> output, RowSolution solution, long solvedAt)
    {
        _trace?.Advance(solvedAt);
        TResult? result = solution.HasFiniteState ? _request.Output(output) : default;
        _watch?.End(result, solution);
        long now = _clock.GetTimestamp();
        TimeSpan queued = _clock.GetElapsedTime(AcceptedAt, _takenAt);
        BatchShare share = _shares.Share();
        _trace?.End(now);
        ChosenStart? chosen = Choice?.Chosen;
        bool isWarm = chosen is null ? Start is not null : Plan!.Candidates[chosen.Candidate].Length > 0;
        _telemetry.Answered(Method.Name, solution, queued, _clock.GetElapsedTime(_encodedAt, solvedAt), share, isWarm);
        Release();
        _completion.TrySetResult(new InferenceAnswer<TResult>(result, solution, queued, _clock.GetElapsedTime(AcceptedAt, now), share)
        {
            IsWarm = isWarm,
            Start = chosen,
            Residuals = _residuals ?? [],
        });
    }

    public override void Abandon()
    {
        _trace?.End(_clock.GetTimestamp());
        Release();
        if (IsAbandoned)
        {
            _completion.TrySetCanceled(_request.Cancellation);
        }
        else
        {
            _completion.TrySetException(new EngineStoppedException());
        }
    }

    public override void Fail(Exception fault)
    {
        _trace?.End(_clock.GetTimestamp(), fault);
        Release();
        _completion.TrySetException(fault);
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
        _withdrawal.Unregister();
        _leave.Dispose();
    }
}
