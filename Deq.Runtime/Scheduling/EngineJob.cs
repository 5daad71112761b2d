using Deq.Runtime.FixedPoints;

namespace Deq.Runtime.Scheduling;

/// <summary>An accepted request whatever its result type, from the queue to its end. It ends exactly once.</summary>
internal abstract class EngineJob
{
    public required IFixedPointMethod Method { get; init; }

    public required RowGrant Grant { get; init; }

    /// <summary>Notes that an engine thread took the job up.</summary>
    public abstract void TakeUp();

    public abstract void WriteInput(Span<float> input);

    /// <summary>Notes that an evaluation was made together with so many rows.</summary>
    public abstract void Share(int rows);

    /// <summary>Ends with an answer made from the decoder's output, or from nothing when no iterate was finite.</summary>
    public abstract void Answer(ReadOnlySpan<float> output, RowSolution solution);

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
    private readonly long _acceptedAt;
    private readonly CancellationTokenSource _leave;
    private readonly TaskCompletionSource<InferenceAnswer<TResult>> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenRegistration _withdrawal;
    private long _takenAt;
    private int _steps;
    private int _fewest = int.MaxValue;
    private int _most;
    private long _shared;

    [System.Diagnostics.CodeAnalysis.SetsRequiredMembers]
    public EngineJob(InferenceRequest<TResult> request, TimeProvider clock, CancellationToken stopping)
    {
        (_request, _clock, _acceptedAt) = (request, clock, clock.GetTimestamp());
        _leave = CancellationTokenSource.CreateLinkedTokenSource(request.Cancellation, stopping);
        Method = request.Method;
        Grant = new RowGrant
        {
            Tolerance = request.Tolerance,
            Budget = request.Budget,
            AcceptedAt = _acceptedAt,
            Cancellation = _leave.Token,
        };
    }

    public Task<InferenceAnswer<TResult>> Completion => _completion.Task;

    public override bool IsAbandoned => _request.Cancellation.IsCancellationRequested;

    /// <summary>Leaves the queue by itself when the caller goes away or the engine stops. Called before the job is queued.</summary>
    public void WithdrawFrom(JobQueue queue) => _withdrawal = _leave.Token.UnsafeRegister(
        _ =>
        {
            if (queue.Remove(this))
            {
                Abandon();
            }
        },
        null);

    /// <summary>Lets go of a job that was never queued.</summary>
    public void Discard() => Release();

    public override void TakeUp() => _takenAt = _clock.GetTimestamp();

    public override void WriteInput(Span<float> input) => _request.Input(input);

    public override void Share(int rows)
    {
        _steps++;
        _shared += rows;
        (_fewest, _most) = (Math.Min(_fewest, rows), Math.Max(_most, rows));
    }

    public override void Answer(ReadOnlySpan<float> output, RowSolution solution)
    {
        TResult? result = solution.HasFiniteState ? _request.Output(output) : default;
        TimeSpan queued = _clock.GetElapsedTime(_acceptedAt, _takenAt);
        Release();
        _completion.TrySetResult(new InferenceAnswer<TResult>(result, solution, queued, _clock.GetElapsedTime(_acceptedAt), new BatchShare(_fewest, _most, (double)_shared / _steps)));
    }

    public override void Abandon()
    {
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
        Release();
        _completion.TrySetException(fault);
    }

    /// <summary>Unhooks from the caller's token without waiting for a withdrawal that may be under way on this very thread.</summary>
    private void Release()
    {
        _withdrawal.Unregister();
        _leave.Dispose();
    }
}
