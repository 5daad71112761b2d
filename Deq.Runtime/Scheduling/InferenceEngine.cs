using Deq.Runtime.FixedPoints;

namespace Deq.Runtime.Scheduling;

/// <summary>Answers requests to one model: a bounded queue in front of a few dedicated threads, each with rows of several requests.</summary>
/// <remarks>
/// A row joins a running batch between two evaluations and leaves it the moment it is done. Everything costly, from decoding what the
/// caller sent to reading the output, happens on the engine's threads; callers only wait. Thread-safe.
/// </remarks>
public sealed class InferenceEngine : IAsyncDisposable
{
    private readonly JobQueue _queue;
    private readonly EngineThread[] _threads;
    private readonly TimeProvider _clock;
    private readonly EngineMetrics? _ownMetrics;

    // Never disposed: it holds no timer, and a request that comes too late must still find its token.
    private readonly CancellationTokenSource _hurry = new();

    /// <summary>Starts the threads. Lanes are opened when a method is first asked for, at most one per thread and method.</summary>
    /// <param name="name">For thread names.</param>
    /// <param name="model">The model; not owned, so it outlives the engine.</param>
    /// <param name="options">How much to run and hold at a time.</param>
    /// <param name="clock">Measures queueing and deadlines; null is the system's.</param>
    /// <param name="metrics">Receives measurements and activities; not owned. Null is of the engine's own.</param>
    public InferenceEngine(
        string name, IEquilibriumModel model, EngineOptions options, TimeProvider? clock = null, EngineMetrics? metrics = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        _clock = clock ?? TimeProvider.System;
        _queue = new JobQueue(options.QueueCapacity);
        _ownMetrics = metrics is null ? new EngineMetrics() : null;
        Profile = new EngineProfile(
            new EngineLayout(options.Threads ?? Math.Clamp(Environment.ProcessorCount, 1, EngineOptions.Most), options.RowsPerThread ?? 4, 1), [], false);
        _threads = [.. Enumerable.Range(0, Profile.Layout.Threads).Select(i =>
            new EngineThread($"{name} #{i}", model, _queue, Profile.Layout.RowsPerThread, _clock))];
        Array.ForEach(_threads, thread => thread.Start());
    }

    /// <summary>Whether requests are accepted.</summary>
    public bool IsRunning => !_queue.IsClosed;

    /// <summary>The layout that the engine runs, and what it was chosen by.</summary>
    public EngineProfile Profile { get; }

    /// <summary>Requests that wait for a row.</summary>
    public int Waiting => _queue.Count;

    /// <summary>Rows that are being solved.</summary>
    public int Running => _threads.Sum(thread => thread.Rows);

    /// <summary>What the engine does now.</summary>
    public EngineSnapshot Snapshot() =>
        new(Waiting, Running, Profile.Layout.Threads * Profile.Layout.RowsPerThread, RowsPerSecond: 0, SecondsPerEvaluation: 0, BusyShare: 0);

    /// <summary>Accepts all of the requests, or refuses them all; each becomes a row of its own.</summary>
    /// <param name="requests">At least one.</param>
    /// <param name="answers">
    /// One task per request, in order; empty when refused. A task ends with the answer, with what the request's own delegates or the model threw,
    /// cancelled when the caller went away, or with <see cref="EngineStoppedException"/>.
    /// </param>
    /// <exception cref="ArgumentException">A request's method is not in the catalogue: a lane is kept per method, so there must be few.</exception>
    public AdmissionDecision Submit<TResult>(
        IReadOnlyList<InferenceRequest<TResult>> requests, out IReadOnlyList<Task<InferenceAnswer<TResult>>> answers)
    {
        ArgumentNullException.ThrowIfNull(requests);
        if (requests.FirstOrDefault(request => !FixedPointMethods.All.Contains(request.Method)) is { } stranger)
        {
            throw new ArgumentException($"{stranger.Method} is not in the catalogue of methods.", nameof(requests));
        }

        foreach (InferenceRequest<TResult> request in requests)
        {
            if (request.UntilStable is < 1)
            {
                throw new ArgumentException($"UntilStable is {request.UntilStable}; it is at least 1.", nameof(requests));
            }

            if (request.UntilStable is not null && request.IsSame is null)
            {
                throw new ArgumentException("UntilStable needs IsSame, which says whether two answers are the same.", nameof(requests));
            }
        }

        EngineJob<TResult>[] jobs = [.. requests.Select(request => new EngineJob<TResult>(request, _clock, _hurry.Token))];
        Array.ForEach(jobs, job => job.WithdrawFrom(_queue));
        Admission admission = _queue.Add(jobs);
        if (admission != Admission.Accepted)
        {
            Array.ForEach(jobs, job => job.Discard());
        }

        answers = admission == Admission.Accepted ? [.. jobs.Select(job => job.Completion)] : [];
        return new AdmissionDecision(admission, TimeSpan.Zero);
    }

    /// <summary>Refuses new requests and waits until every accepted one is answered.</summary>
    /// <param name="hurry">
    /// Ends the patience: requests that wait fail with <see cref="EngineStoppedException"/>, and running rows answer after their next
    /// evaluation with their best iterate and <see cref="StopReason.Cancelled"/>.
    /// </param>
    public async Task StopAsync(CancellationToken hurry = default)
    {
        _queue.Close();
        await using (hurry.UnsafeRegister(_ => _hurry.Cancel(), null))
        {
            await Task.WhenAll(_threads.Select(thread => thread.Ended));
        }

        _ownMetrics?.Dispose();
    }

    /// <summary>Stops without patience.</summary>
    public async ValueTask DisposeAsync() => await StopAsync(new CancellationToken(canceled: true));
}
