using Deq.Runtime.Models;

namespace Deq.Api.Models.Devices;

/// <summary>A model on a device that may fail, and the same on the processor, which stands in while the circuit is open. Thread-safe.</summary>
/// <param name="device">The model on its device.</param>
/// <param name="host">The same on the processor; opened when it is first needed.</param>
/// <param name="isOfDevice">Whether what a lane threw is a failure of the device.</param>
/// <param name="circuit">Decides.</param>
internal sealed class StandbyModel(IEquilibriumModel device, Lazy<IEquilibriumModel> host, Predicate<Exception> isOfDevice, DeviceCircuit circuit) : IEquilibriumModel
{
    /// <summary>What decides where lanes are opened.</summary>
    public DeviceCircuit Circuit => circuit;

    public int InputLength => device.InputLength;

    public int StateWidth => device.StateWidth;

    public int OutputLength => device.OutputLength;

    public bool HasEnergy => device.HasEnergy;

    public IEquilibriumModel At(ShapeKey shape) => shape == default
        ? this
        : new StandbyModel(device.At(shape), new Lazy<IEquilibriumModel>(() => host.Value.At(shape)), isOfDevice, circuit);

    public double CostOf(ShapeKey shape) => device.CostOf(shape);

    public long BytesOf(int capacity) => device.BytesOf(capacity);

    public IModelLane OpenLane(int capacity)
    {
        while (!circuit.IsOpen)
        {
            int turn = circuit.Turns;
            try
            {
                return new StandbyLane(device.OpenLane(capacity), isStandby: false, turn, isOfDevice, circuit);
            }
            catch (Exception fault) when (isOfDevice(fault))
            {
                circuit.NoteLoss(fault);
            }
        }

        int open = circuit.Turns;
        return new StandbyLane(host.Value.OpenLane(capacity), isStandby: true, open, isOfDevice, circuit);
    }

    /// <summary>Solves an input of zeros on the device, if the processor stands in and it is time to try; lanes are opened there again if that works.</summary>
    public void TryDevice() => circuit.Try(Trial);

    private void Trial()
    {
        using IModelLane lane = device.OpenLane(1);
        int z = lane.Space.Allocate(2);
        lane.Encode(new float[device.InputLength], 0);
        lane.Start(z, 0);
        lane.Evaluate(z, z + 1, 1);
        lane.Evaluate(z + 1, z, 1);
        lane.Decode(z, 0, new float[device.OutputLength]);
    }
}
