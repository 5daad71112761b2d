using Deq.Export.Graphs.Onnx;
using static TorchSharp.torch;

namespace Deq.Export.Graphs.Ops;

/// <summary>Every element moved along one axis, zeros where nothing comes from: y[…, i, …] = a[…, i − by, …].</summary>
/// <param name="axis">In [0, rank); its extent may vary.</param>
/// <param name="by">Places towards higher indices; negative towards lower ones. More than the extent leaves only zeros.</param>
internal sealed class Shift(int axis, int by) : Op
{
    /// <inheritdoc/>
    public override string Name => "Shift";

    /// <inheritdoc/>
    public override Shape Infer(IReadOnlyList<Shape> inputs) =>
        axis >= 0 && axis < inputs[0].Rank ? inputs[0] : throw Refuse(inputs, $"it has no axis {axis}.");

    /// <inheritdoc/>
    public override Tensor Torch(Tensor[] inputs)
    {
        long places = Math.Min(Math.Abs(by), inputs[0].shape[axis]);
        if (places == 0)
        {
            return inputs[0].alias();
        }

        // Torch counts axes from the innermost; a negative pad cuts.
        long[] pads = new long[2 * (inputs[0].dim() - axis)];
        pads[^2] = by > 0 ? places : -places;
        pads[^1] = -pads[^2];
        return nn.functional.pad(inputs[0], pads);
    }

    /// <inheritdoc/>
    public override Node? PullBack(Apply y, Node u, int input) => u.Shift(axis, -by);

    // Padded first and cut to the input's extent afterwards: a Pad that only cuts is refused where nothing would be left.
    internal override string Onnx(OnnxScope scope, Apply y, IReadOnlyList<string> inputs)
    {
        if (by == 0)
        {
            return scope.Add("Identity", inputs);
        }

        int rank = y.Shape.Rank;
        long[] pads = new long[2 * rank];
        pads[axis + (by > 0 ? 0 : rank)] = Math.Abs(by);
        string padded = scope.Add("Pad", [inputs[0], scope.Integers(pads)]);
        (long start, long end) = by > 0 ? (0L, -(long)by) : (-by, long.MaxValue);
        return scope.Add("Slice", [padded, scope.Integers(start), scope.Integers(end), scope.Integers(axis)]);
    }
}
