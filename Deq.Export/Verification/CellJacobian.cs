using Deq.Runtime.FixedPoints;
using Deq.Runtime.Onnx;

namespace Deq.Export.Verification;

/// <summary>u ↦ ∂f/∂z·u at a state, by central differences of the cell: what a bundle without a vector–Jacobian product has.</summary>
/// <remarks>Within about 1e-4 of the map's norm for vectors of length 1: the step balances rounding against curvature.</remarks>
internal sealed class CellJacobian : IFixedPointMap
{
    private const double Step = 3e-3;

    private readonly OnnxLane _lane;
    private readonly int _z;
    private readonly int _moved;
    private readonly int _mapped;
    private readonly double _step;

    /// <summary>Allocates three slots.</summary>
    /// <param name="lane">A lane of one row that holds the input's injections.</param>
    /// <param name="state">z, <c>[D]</c>; copied.</param>
    public CellJacobian(OnnxLane lane, ReadOnlySpan<float> state)
    {
        _lane = lane;
        _z = lane.Space.Allocate(3);
        (_moved, _mapped) = (_z + 1, _z + 2);
        state.CopyTo(lane.Space.Row(_z, 0));
        double squares = 0;
        foreach (float value in state)
        {
            squares += (double)value * value;
        }

        _step = Step * Math.Max(Math.Sqrt(squares), 1e-3);
    }

    /// <inheritdoc/>
    public void Evaluate(int z, int fz, int rows)
    {
        _lane.Space.Combine([_z, z], [1, _step], _moved, 1);
        _lane.Evaluate(_moved, _mapped, 1);
        _lane.Space.Combine([_z, z], [1, -_step], _moved, 1);
        _lane.Evaluate(_moved, fz, 1);
        _lane.Space.Combine([_mapped, fz], [0.5 / _step, -0.5 / _step], fz, 1);
    }

    /// <inheritdoc/>
    public void Move(ReadOnlySpan<RowMove> moves)
    {
        // One row has nowhere to move.
    }
}
