using Polly;
using Polly.CircuitBreaker;

namespace Deq.Api.Models.Devices;

/// <summary>Whether a model's lanes are opened on its device, or on the processor because the device keeps failing. Thread-safe.</summary>
/// <remarks>A lane that fails is tried once more on the device. Two failures within a minute open the circuit; a trial that succeeds closes it.</remarks>
internal sealed class DeviceCircuit
{
    private const int LossesThatBreak = 2;

    private static readonly TimeSpan s_window = TimeSpan.FromMinutes(1);

    private readonly CircuitBreakerStateProvider _state = new();
    private readonly ResiliencePipeline _pipeline;
    private readonly string _model;
    private readonly ILogger _logger;
    private int _turns;
    private long _losses;
    private bool _standsIn;
    private volatile Action? _trial;

    /// <param name="model">The model's name, for the log.</param>
    /// <param name="clock">Measures time.</param>
    /// <param name="logger">Hears of failures and recoveries.</param>
    public DeviceCircuit(string model, TimeProvider clock, ILogger logger)
    {
        (_model, _logger) = (model, logger);
        _pipeline = new ResiliencePipelineBuilder { TimeProvider = clock }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<Exception>(fault => fault is not OperationCanceledException),
                FailureRatio = 1,
                MinimumThroughput = LossesThatBreak,
                SamplingDuration = s_window,
                BreakDuration = TrialEvery,
                StateProvider = _state,
                OnOpened = _ => Turn(isOpen: true),
                OnClosed = _ => Turn(isOpen: false),
            })
            .Build();
    }

    /// <summary>How long a device that failed is left alone before it is tried again.</summary>
    public static TimeSpan TrialEvery { get; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether failures count. Not while a model is opened and measured: one that its device cannot run is to end that. Default true.</summary>
    public bool IsWatching { get; set; } = true;

    /// <summary>Whether the processor stands in.</summary>
    public bool IsOpen => _state.CircuitState != CircuitState.Closed;

    /// <summary>Grows when lanes are to be opened elsewhere than those before.</summary>
    public int Turns => Volatile.Read(ref _turns);

    /// <summary>Lanes that the device has lost.</summary>
    public long Losses => Volatile.Read(ref _losses);

    /// <summary>Notes that a lane of the device failed.</summary>
    /// <param name="fault">By what.</param>
    /// <param name="trial">Solves something on the device with a lane of the same size; throws where that fails.</param>
    public void NoteLoss(Exception fault, Action trial)
    {
        _trial = trial;
        Interlocked.Increment(ref _losses);
        _logger.LogError("A lane of {Model} on its device is lost: {Fault}", _model, fault.Message.ReplaceLineEndings(" "));
        try
        {
            _pipeline.Execute(() => throw fault);
        }
        catch (Exception)
        {
            // It was told what the caller knows.
        }
    }

    /// <summary>Tries the device with what it failed at last, if the processor stands in and the device has been left alone long enough.</summary>
    public void TryDevice()
    {
        if (!IsOpen || _trial is not { } trial)
        {
            return;
        }

        try
        {
            _pipeline.Execute(trial);
        }
        catch (BrokenCircuitException)
        {
            // Left alone for a while longer.
        }
        catch (Exception fault)
        {
            _logger.LogWarning("The device of {Model} still fails: {Fault}", _model, fault.Message.ReplaceLineEndings(" "));
        }
    }

    private ValueTask Turn(bool isOpen)
    {
        // A trial that fails opens the circuit again; nothing has changed then.
        if (isOpen == _standsIn)
        {
            return ValueTask.CompletedTask;
        }

        _standsIn = isOpen;
        Interlocked.Increment(ref _turns);
        if (isOpen)
        {
            _logger.LogError("The device of {Model} fails; the processor stands in, and the device is tried every {Seconds} s", _model, TrialEvery.TotalSeconds);
        }
        else
        {
            _logger.LogWarning("The device of {Model} works again", _model);
        }

        return ValueTask.CompletedTask;
    }
}
