using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;

namespace Deq.Api.Models.Devices;

/// <summary>A lane on a device or on the processor that knows when another one is to take its place.</summary>
/// <param name="lane">The lane; owned.</param>
/// <param name="isStandby">Whether it is on the processor because the device fails.</param>
/// <param name="turn"><see cref="DeviceCircuit.Turns"/> when it was opened.</param>
/// <param name="isOfDevice">Whether what a lane threw is a failure of the device.</param>
/// <param name="circuit">Hears of failures.</param>
/// <param name="trial">Tries the device with a lane of the same size.</param>
internal sealed class StandbyLane(IModelLane lane, bool isStandby, int turn, Predicate<Exception> isOfDevice, DeviceCircuit circuit, Action trial) : IModelLane
{
    private bool _isLost;

    public IStateSpace Space => lane.Space;

    public IResidual Residual => lane.Residual;

    public bool IsRetired => _isLost || circuit.Turns != turn;

    public bool IsStandby => isStandby;

    public bool IsLostBy(Exception fault)
    {
        if (isStandby || !isOfDevice(fault))
        {
            return false;
        }

        // Heard once for each row; the device failed once.
        if (!_isLost)
        {
            _isLost = true;
            circuit.NoteLoss(fault, trial);
        }

        return true;
    }

    public string? RefusalBy(Exception fault) => lane.RefusalBy(fault);

    public void Encode(ReadOnlySpan<float> input, int row) => lane.Encode(input, row);

    public void Start(int slot, int row) => lane.Start(slot, row);

    public void Start(int slot, int row, ReadOnlySpan<float> state) => lane.Start(slot, row, state);

    public void Read(int slot, int row, Span<float> state) => lane.Read(slot, row, state);

    public void Evaluate(int z, int fz, int rows) => lane.Evaluate(z, fz, rows);

    public void Move(ReadOnlySpan<RowMove> moves) => lane.Move(moves);

    public void Decode(int slot, int row, Span<float> output) => lane.Decode(slot, row, output);

    public double Energy(int slot, int row) => lane.Energy(slot, row);

    public void Dispose() => lane.Dispose();
}
