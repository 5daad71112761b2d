using Deq.Export.Graphs.Onnx;
using static TorchSharp.torch;

namespace Deq.Export.Graphs.Ops;

/// <summary>A range of one axis: y = a[…, start : start + length, …].</summary>
/// <param name="axis">In [0, rank).</param>
/// <param name="start">First index, at least 0.</param>
/// <param name="length">How many, at least 1.</param>
public sealed class Slice(int axis, int start, int length) : Op
{
    /// <inheritdoc/>
    public override string Name => "Slice";

    /// <inheritdoc/>
    public override Shape Infer(IReadOnlyList<Shape> inputs)
    {
        Shape x = inputs[0];
        if (axis < 0 || axis >= x.Rank || start < 0 || length < 1 || x[axis].Known is not { } extent || start + length > extent)
        {
            throw Refuse(inputs, $"indices {start} to {start + length - 1} of axis {axis} are not all there.");
        }

        return x.With(axis, length);
    }

    /// <inheritdoc/>
    public override Tensor Torch(Tensor[] inputs) => inputs[0].narrow(axis, start, length);

    /// <inheritdoc/>
    public override Node? PullBack(Apply y, Node u, int input)
    {
        int after = y.Inputs[0].Shape[axis].Coefficient - start - length;
        return start == 0 && after == 0 ? u : new Apply(new Pad(axis, start, after), [u]);
    }

    internal override string Onnx(OnnxScope scope, Apply y, IReadOnlyList<string> inputs) =>
        scope.Add("Slice", [inputs[0], scope.Integers(start), scope.Integers(start + length), scope.Integers(axis)]);
}
