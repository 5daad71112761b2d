using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;
using Deq.Runtime.Scheduling.Layouts;
using Deq.Runtime.Scheduling.Queue;

namespace Deq.Runtime.Scheduling.Engine;

/// <summary>Answers requests to one model: a bounded queue in front of a few dedicated threads, each with rows of several requests.</summary>
/// <remarks>
/// A row joins a running batch between two evaluations and leaves it the moment it is done. Everything costly, from decoding what the
/// caller sent to reading the output, happens on the engine's threads; callers only wait. Thread-safe.
/// </remarks>
public sealed class InferenceEngine : IAsyncDisposable
{
    private readonly IEquilibriumModel _model;
    private readonly JobQueue _queue;
    private readonly EngineThread[] _threads;
    private readonly TimeProvider _clock;
    private readonly ServiceRates _rates;
    private readonly EngineTelemetry _telemetry;
    private readonly EngineMetrics? _ownMetrics;
    private readonly LaneMemory _memory;

    // Never disposed: it holds no timer, and a request that comes too late must still find its token.
    private readonly CancellationTokenSource _hurry = new();

    /// <summary>
    /// Starts the threads in the layout that the options give. Lanes are opened when a method or shape is first asked for, at most one per
    /// thread, method and shape.
    /// </summary>
    /// <param name="name">The model's name, for threads and measurements.</param>
    /// <param name="model">The model; not owned, so it outlives the engine.</param>
    /// <param name="options">How much to run and hold at a time.</param>
    /// <param name="clock">Measures queueing and deadlines; null is the system's.</param>
    /// <param name="metrics">Receives measurements and activities; not owned. Null is of the engine's own.</param>
    public InferenceEngine(
        string name, IEquilibriumModel model, EngineOptions options, TimeProvider? clock = null, EngineMetrics? metrics = null)
        : this(name, model, options, LayoutTuner.Given(NotNull(options), Environment.ProcessorCount), clock, metrics)
    {
    }

    private InferenceEngine(
        string name, IEquilibriumModel model, EngineOptions options, EngineProfile profile, TimeProvider? clock, EngineMetrics? metrics)
    {
        ArgumentNullException.ThrowIfNull(model);
        (_model, Profile, _memory, _clock) = (model, profile, options.Memory, clock ?? TimeProvider.System);
        _ownMetrics = metrics is null ? new EngineMetrics() : null;
        _telemetry = new EngineTelemetry(name, metrics ?? _ownMetrics!, _clock);
        _rates = new ServiceRates(profile.Layout.Threads, _clock);
        if (profile.Measured.FirstOrDefault(cost => cost.Layout == profile.Layout) is { } known)
        {
            _rates.SeedStep(known.MillisecondsPerEvaluation / 1000 * _clock.TimestampFrequency);
        }

        _queue = new JobQueue(new AdmissionPolicy(options, profile.Layout, _rates, _clock), options.NormalPriorityMaxWait, _clock);
        _memory.Wanted += NudgeThreads;
        var open = new OpenLanes();
        _threads = [.. Enumerable.Range(0, profile.Layout.Threads).Select(i =>
            new EngineThread($"{name} #{i}", model, _queue, profile.Layout.RowsPerThread, options, _rates, open, _clock))];
        Array.ForEach(_threads, thread => thread.Start());
    }

    /// <summary>Whether requests are accepted.</summary>
    public bool IsRunning => !_queue.IsClosed;

    /// <summary>The layout that the engine runs, and what it was chosen by.</summary>
    public EngineProfile Profile { get; }

    /// <summary>Whether requests may ask for the energy of iterates.</summary>
    public bool HasEnergy => _model.HasEnergy;

    /// <summary>Requests that wait for a row.</summary>
    public int Waiting => _queue.Count;

    /// <summary>Rows that are being solved.</summary>
    public int Running => _threads.Sum(thread => thread.Rows);

    /// <summary>Starts an engine in the layout that is best by measurement, now or at an earlier start; see <see cref="EngineOptions"/>.</summary>
    /// <param name="name">The model's name, for threads and measurements.</param>
    /// <param name="hash">Names the model's exact contents, for the cache of measurements.</param>
    /// <param name="modelWith">
    /// The model, run with so many intra-op threads. Called with one number several times; the engine owns none of them, and uses the one
    /// of <see cref="EngineLayout.IntraOpThreads"/> of its <see cref="Profile"/>.
    /// </param>
    /// <param name="options">How much to run and hold at a time, and what is not to be measured.</param>
    /// <param name="clock">Measures; null is the system's.</param>
    /// <param name="metrics">Receives measurements and activities; not owned. Null is of the engine's own.</param>
    /// <exception cref="TimeoutException">In the first layout that was measured an evaluation took more than a minute.</exception>
    public static InferenceEngine Open(
        string name,
        string hash,
        Func<int, IEquilibriumModel> modelWith,
        EngineOptions options,
        TimeProvider? clock = null,
        EngineMetrics? metrics = null)
    {
        ArgumentNullException.ThrowIfNull(modelWith);
        TimeProvider time = clock ?? TimeProvider.System;
        var cache = LayoutCache.Of(NotNull(options), hash);
        EngineProfile profile = HasRoomToMeasure(modelWith(options.IntraOpThreads ?? 1), options)
            ? LayoutTuner.Choose(options, Environment.ProcessorCount, cache, new LayoutMeasurement(modelWith, time, LayoutMeasurement.Longest).Measure, time)
            : LayoutTuner.Given(options with { RowsPerThread = options.RowsPerThread ?? 1 }, Environment.ProcessorCount);
        return new InferenceEngine(name, modelWith(profile.Layout.IntraOpThreads), options, profile, clock, metrics);
    }

    /// <summary>Whether the lanes of a measurement may be opened: what they make the graphs hold stays with the sessions.</summary>
    private static bool HasRoomToMeasure(IEquilibriumModel model, EngineOptions options) =>
        (options.Threads ?? Environment.ProcessorCount) * model.BytesOf(1) <= options.Memory.Limit;

    /// <summary>Numbers in a state and in an output of the model, for inputs of a shape.</summary>
    /// <exception cref="ArgumentException">The model takes no inputs of that shape.</exception>
    public (int State, int Output) WidthsAt(ShapeKey shape) => _model.At(shape) is var model ? (model.StateWidth, model.OutputLength) : default;

    /// <summary>What the engine does now.</summary>
    public EngineSnapshot Snapshot() => new(
        Waiting,
        Running,
        Profile.Layout.Threads * Profile.Layout.RowsPerThread,
        _rates.RowsPerSecond,
        _rates.SecondsPerEvaluation,
        _rates.BusyShare);

    /// <summary>Accepts all of the requests, or refuses them all; each becomes one row.</summary>
    /// <param name="requests">At least one.</param>
    /// <param name="answers">
    /// One task per request, in order; empty when refused. A task ends with the answer, with what the request's own delegates or the model threw,
    /// cancelled when the caller went away, or with <see cref="EngineStoppedException"/>.
    /// </param>
    /// <exception cref="ArgumentException">
    /// A request's method is not in the catalogue (a lane is kept per method, so there must be few), the model takes no inputs of its shape,
    /// it brings states of another length, or it would stop when stable but does not say how answers compare.
    /// </exception>
    public AdmissionDecision Submit<TResult>(
        IReadOnlyList<InferenceRequest<TResult>> requests, out IReadOnlyList<Task<InferenceAnswer<TResult>>> answers)
    {
        ArgumentNullException.ThrowIfNull(requests);
        if (requests.Count == 0)
        {
            throw new ArgumentException("There is nothing to submit.", nameof(requests));
        }

        foreach (InferenceRequest<TResult> request in requests)
        {
            Check(request);
        }

        long now = _clock.GetTimestamp();
        EngineJob<TResult>[] jobs = [.. requests.Select(request => new EngineJob<TResult>(
            request, _model.CostOf(request.Shape), _clock, now, _telemetry, _hurry.Token))];
        Array.ForEach(jobs, job => job.WithdrawFrom(_queue));
        AdmissionDecision decision = _queue.Add(jobs, _threads.Aggregate(default(JobLoad), (load, thread) => load + thread.Load));
        if (decision.Outcome != Admission.Accepted)
        {
            Array.ForEach(jobs, job => job.Discard());
            _telemetry.Refused(requests[0].Method.Name, decision.Outcome, requests.Count);
            answers = [];
            return decision;
        }

        Array.ForEach(jobs, job => job.LeaveIfAbandoned(_queue));
        answers = [.. jobs.Select(job => job.Completion)];
        return decision;
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

        _memory.Wanted -= NudgeThreads;
        _ownMetrics?.Dispose();
    }

    /// <summary>Stops without patience.</summary>
    public async ValueTask DisposeAsync() => await StopAsync(new CancellationToken(canceled: true));

    private static EngineOptions NotNull(EngineOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options;
    }

    private void NudgeThreads(object? sender, EventArgs e) => _queue.Nudge();

    private void Check<TResult>(InferenceRequest<TResult> request)
    {
        if (FixedPointMethods.Find(request.Method.Name)?.GetType() != request.Method.GetType())
        {
            throw new ArgumentException($"{request.Method} is not in the catalogue of methods.", nameof(request));
        }

        if (request.Weight < 1)
        {
            throw new ArgumentException($"Weight is {request.Weight}; it is at least 1.", nameof(request));
        }

        if (request.UntilStable is < 1)
        {
            throw new ArgumentException($"UntilStable is {request.UntilStable}; it is at least 1.", nameof(request));
        }

        if (request.UntilStable is not null && request.IsSame is null)
        {
            throw new ArgumentException("UntilStable needs IsSame, which says whether two answers are the same.", nameof(request));
        }

        CheckStates(request, _model.At(request.Shape));
    }

    private static void CheckStates<TResult>(InferenceRequest<TResult> request, IEquilibriumModel model)
    {
        int width = model.StateWidth;
        if (request.Start is { } start && start.Length != width)
        {
            throw new ArgumentException($"Start has {start.Length} numbers; the model's state has {width}.", nameof(request));
        }

        if (request.Start is not null && request.PlanStart is not null)
        {
            throw new ArgumentException("Start and PlanStart both say where to start; only one may.", nameof(request));
        }

        if (request.Energy is not null && (!model.HasEnergy ? "Energies are asked for, and the model has none."
            : request.PlanStart is not null ? "Energies are of solves from one start; PlanStart may try several."
            : request.Judge is not null ? "Energies are of solves from one start; a solve that Judge refuses may begin again from another."
            : null) is { } fault)
        {
            throw new ArgumentException(fault, nameof(request));
        }

        if (request.FinalState is { } final && final.Length != width)
        {
            throw new ArgumentException($"FinalState has {final.Length} numbers; the model's state has {width}.", nameof(request));
        }
    }
}
