using Deq.Runtime.Bundles;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;

namespace Deq.Api.Models.Devices;

/// <summary>A bundle on a device, and the same on the processor once it is needed. Thread-safe.</summary>
internal sealed class StandbyBundle : IDisposable
{
    private readonly Lock _gate = new();
    private readonly ModelBundle _device;
    private readonly ExecutionOptions _execution;
    private readonly DeviceCircuit _circuit;
    private readonly ILogger _logger;
    private ModelBundle? _host;
    private int _engineThreads = 1;

    /// <param name="device">The bundle on its device; owned.</param>
    /// <param name="execution">On what its graphs run there.</param>
    /// <param name="clock">Measures time.</param>
    /// <param name="logger">Hears of failures and recoveries.</param>
    public StandbyBundle(ModelBundle device, ExecutionOptions execution, TimeProvider clock, ILogger logger)
    {
        (_device, _execution, _logger) = (device, execution, logger);
        _circuit = new DeviceCircuit(device.Manifest.Name, clock, logger) { IsWatching = false };
    }

    /// <summary>A model on the device, with its like on the processor.</summary>
    /// <param name="device">The bundle's model.</param>
    /// <param name="served">What is served of it.</param>
    public StandbyModel Over(OnnxModel device, Func<OnnxModel, IEquilibriumModel> served) => new(served(device), () => served(Host().Model), DeviceCheck.IsFailure, _circuit);

    /// <summary>Begins to watch the device, once the model runs there.</summary>
    /// <param name="engineThreads">Threads of the engine, which share the processors where those stand in.</param>
    public void Watch(int engineThreads)
    {
        _engineThreads = engineThreads;
        _circuit.IsWatching = true;
    }

    public void Dispose()
    {
        _host?.Dispose();
        _device.Dispose();
    }

    /// <summary>Opens the bundle on the processor, or gives it where that was done. What fails is tried again when a lane is next needed.</summary>
    private ModelBundle Host()
    {
        lock (_gate)
        {
            try
            {
                return _host ??= _device.Reopen(_execution with { Device = ExecutionOptions.Cpu, IntraOpThreads = Math.Max(1, Environment.ProcessorCount / _engineThreads) });
            }
            catch (BundleException faults)
            {
                _logger.LogError("The processor cannot stand in for {Model}: {Faults}", _device.Manifest.Name, string.Join(' ', faults.Faults));
                throw;
            }
        }
    }
}
