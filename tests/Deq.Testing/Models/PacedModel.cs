using Deq.Runtime.FixedPoints;
using Deq.Runtime.Models;

namespace Deq.Testing.Models;

/// <summary>A model whose evaluations do something more, such as moving a clock: whether a deadline passes is then decided by their number.</summary>
/// <param name="model">Evaluates; stays the caller's.</param>
/// <param name="evaluating">Runs before every evaluation, on the thread that makes it.</param>
public sealed class PacedModel(IEquilibriumModel model, Action evaluating) : IEquilibriumModel
{
    public int InputLength => model.InputLength;

    public int StateWidth => model.StateWidth;

    public int OutputLength => model.OutputLength;

    public IModelLane OpenLane(int capacity) => new Lane(model.OpenLane(capacity), evaluating);

    private sealed class Lane(IModelLane lane, Action evaluating) : IModelLane
    {
        public IStateSpace Space => lane.Space;

        public IResidual Residual => lane.Residual;

        public void Evaluate(int z, int fz, int rows)
        {
            evaluating();
            lane.Evaluate(z, fz, rows);
        }

        public void Move(ReadOnlySpan<RowMove> moves) => lane.Move(moves);

        public void Encode(ReadOnlySpan<float> input, int row) => lane.Encode(input, row);

        public void Start(int slot, int row) => lane.Start(slot, row);

        public void Start(int slot, int row, ReadOnlySpan<float> state) => lane.Start(slot, row, state);

        public void Read(int slot, int row, Span<float> state) => lane.Read(slot, row, state);

        public void Decode(int slot, int row, Span<float> output) => lane.Decode(slot, row, output);

        public void Dispose() => lane.Dispose();
    }
}
