using Deq.Api.Models.Devices;
using Deq.Testing.Models;

namespace Deq.Api.Specs.Models.Devices;

/// <summary>A device in host memory that fails when it is told to, with a model whose output is its input.</summary>
internal sealed class FailingDevice
{
    private readonly LinearModel _model;
    private readonly int _width;

    /// <param name="width">Numbers of an input.</param>
    public FailingDevice(int width)
    {
        _width = width;
        _model = new LinearModel(width)
        {
            Evaluating = _ =>
            {
                Calls++;
                if (FailingCalls > 0)
                {
                    FailingCalls--;
                    throw new DeviceFailedException();
                }
            },
            Opening = () =>
            {
                if (CannotOpen)
                {
                    throw new DeviceFailedException();
                }
            },
        };
    }

    /// <summary>Evaluations on the device that are going to fail.</summary>
    public int FailingCalls { get; set; }

    /// <summary>Whether it has no room for a lane.</summary>
    public bool CannotOpen { get; set; }

    /// <summary>Evaluations that were asked of it.</summary>
    public int Calls { get; private set; }

    public int OpenLanes => _model.OpenLanes;

    /// <summary>Whether a lane was opened on the processor.</summary>
    public bool IsHostOpen { get; private set; }

    /// <summary>Whether the processor cannot stand in.</summary>
    public bool LacksHost { get; set; }

    /// <summary>The model on the device, with its like on the processor.</summary>
    public StandbyModel Guarded(DeviceCircuit circuit) => new(_model, Host, fault => fault is DeviceFailedException, circuit);

    private LinearModel Host()
    {
        IsHostOpen = true;
        return LacksHost ? throw new InvalidDataException("The folder is gone.") : new LinearModel(_width);
    }

    private sealed class DeviceFailedException() : Exception("The device has failed.");
}
