using Deq.Runtime.Bundles;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;

namespace Deq.Api.Models.Devices;

/// <summary>A bundle on a device, and the same on the processor once it is needed.</summary>
internal sealed class StandbyBundle : IDisposable
{
    private readonly ModelBundle _device;
    private readonly Lazy<ModelBundle> _host;
    private readonly DeviceCircuit _circuit;

    /// <param name="device">The bundle on its device; owned.</param>
    /// <param name="execution">On what its graphs run there.</param>
    /// <param name="clock">Measures time.</param>
    /// <param name="logger">Hears of failures and recoveries.</param>
    public StandbyBundle(ModelBundle device, ExecutionOptions execution, TimeProvider clock, ILogger logger)
    {
        _device = device;
        _circuit = new DeviceCircuit(device.Manifest.Name, clock, logger);
        _host = new Lazy<ModelBundle>(() => device.Reopen(execution with
        {
            Device = ExecutionOptions.Cpu,
            IntraOpThreads = Math.Max(1, Environment.ProcessorCount / EngineThreads),
        }));
    }

    /// <summary>Threads of the engine: those of the processor share the processors. Set before a lane fails.</summary>
    public int EngineThreads { get; set; } = 1;

    /// <summary>A model on the device, with its like on the processor.</summary>
    /// <param name="device">The bundle's model.</param>
    /// <param name="served">What is served of it.</param>
    public StandbyModel Over(OnnxModel device, Func<OnnxModel, IEquilibriumModel> served) =>
        new(served(device), new Lazy<IEquilibriumModel>(() => served(_host.Value.Model)), DeviceCheck.IsFailure, _circuit);

    public void Dispose()
    {
        if (_host.IsValueCreated)
        {
            _host.Value.Dispose();
        }

        _device.Dispose();
    }
}
