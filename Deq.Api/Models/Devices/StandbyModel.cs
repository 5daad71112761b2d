using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;

namespace Deq.Api.Models.Devices;

/// <summary>A model on a device that may fail, and the same on the processor, which stands in while the circuit is open. Thread-safe.</summary>
/// <param name="device">The model on its device.</param>
/// <param name="host">The same on the processor; asked for when a lane of it is needed.</param>
/// <param name="isOfDevice">Whether what a lane threw is a failure of the device.</param>
/// <param name="circuit">Decides.</param>
internal sealed class StandbyModel(IEquilibriumModel device, Func<IEquilibriumModel> host, Predicate<Exception> isOfDevice, DeviceCircuit circuit) : IEquilibriumModel
{
    private const int TrialEvaluations = 3;
    private const double Unreachable = 1e-30;

    /// <summary>What decides where lanes are opened.</summary>
    public DeviceCircuit Circuit => circuit;

    public int InputLength => device.InputLength;

    public int StateWidth => device.StateWidth;

    public int OutputLength => device.OutputLength;

    public bool HasEnergy => device.HasEnergy;

    public IEquilibriumModel At(ShapeKey shape) => shape == default ? this : new StandbyModel(device.At(shape), () => host().At(shape), isOfDevice, circuit);

    public double CostOf(ShapeKey shape) => device.CostOf(shape);

    public long BytesOf(int capacity) => device.BytesOf(capacity);

    public IModelLane OpenLane(int capacity) => OpenLaneUntil(capacity, CancellationToken.None);

    public IModelLane OpenLaneUntil(int capacity, CancellationToken runsEnd)
    {
        void Try() => Trial(capacity);

        // Read first: a lane that is opened while the circuit turns belongs to the time before.
        for (int turn = circuit.Turns; ; turn = circuit.Turns)
        {
            if (circuit.IsOpen)
            {
                return new StandbyLane(host().OpenLaneUntil(capacity, runsEnd), isStandby: true, turn, isOfDevice, circuit, Try);
            }

            try
            {
                return new StandbyLane(device.OpenLaneUntil(capacity, runsEnd), isStandby: false, turn, isOfDevice, circuit, Try);
            }
            catch (Exception fault) when (circuit.IsWatching && isOfDevice(fault))
            {
                circuit.NoteLoss(fault, Try);
            }
        }
    }

    /// <summary>Solves an input of zeros on the device, in the memory that so many rows need.</summary>
    private void Trial(int capacity)
    {
        using IModelLane lane = device.OpenLane(capacity);
        var batch = new RunningBatch(lane.Space, lane, FixedPointMethods.Named("anderson"), TimeProvider.System, lane.Residual);
        lane.Encode(new float[device.InputLength], 0);
        batch.Join(RowGrant.Of(Unreachable, TrialEvaluations), out int row);
        lane.Start(batch.IterateSlot, row);
        while (batch.Finished.Count == 0)
        {
            batch.Step();
        }

        FinishedRow done = batch.Finished[0];
        lane.Decode(done.Slot, done.Row, new float[device.OutputLength]);
    }
}
