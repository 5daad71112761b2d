using Deq.Export.Graphs.Onnx;
using static TorchSharp.torch;

namespace Deq.Export.Graphs.Ops;

/// <summary>Zeros before and after along one axis.</summary>
/// <param name="axis">In [0, rank); its extent is known.</param>
/// <param name="before">How many before, at least 0.</param>
/// <param name="after">How many after, at least 0.</param>
public sealed class Pad(int axis, int before, int after) : Op
{
    /// <inheritdoc/>
    public override string Name => "Pad";

    /// <inheritdoc/>
    public override Shape Infer(IReadOnlyList<Shape> inputs)
    {
        Shape x = inputs[0];
        return axis >= 0 && axis < x.Rank && x[axis].Known is { } extent && before >= 0 && after >= 0
            ? x.With(axis, before + extent + after)
            : throw Refuse(inputs, $"{before} and {after} zeros cannot go around axis {axis}.");
    }

    /// <inheritdoc/>
    public override Tensor Torch(Tensor[] inputs)
    {
        // Torch counts axes from the innermost.
        long[] pads = new long[2 * (inputs[0].dim() - axis)];
        pads[^2] = before;
        pads[^1] = after;
        return nn.functional.pad(inputs[0], pads);
    }

    /// <inheritdoc/>
    public override Node? PullBack(Apply y, Node u, int input) => u.Slice(axis, before, y.Inputs[0].Shape[axis].Coefficient);

    internal override string Onnx(OnnxScope scope, Apply y, IReadOnlyList<string> inputs)
    {
        int rank = y.Shape.Rank;
        long[] pads = new long[2 * rank];
        pads[axis] = before;
        pads[rank + axis] = after;
        return scope.Add("Pad", [inputs[0], scope.Integers(pads)]);
    }
}
