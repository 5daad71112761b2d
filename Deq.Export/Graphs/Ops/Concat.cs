using Deq.Export.Graphs.Onnx;
using static TorchSharp.torch;

namespace Deq.Export.Graphs.Ops;

/// <summary>Tensors one after the other along one axis; all other extents are equal.</summary>
/// <param name="axis">In [0, rank).</param>
public sealed class Concat(int axis) : Op
{
    /// <inheritdoc/>
    public override string Name => "Concat";

    /// <inheritdoc/>
    public override Shape Infer(IReadOnlyList<Shape> inputs)
    {
        Shape whole = inputs[0];
        if (axis < 0 || axis >= whole.Rank)
        {
            throw Refuse(inputs, $"there is no axis {axis}.");
        }

        for (int i = 1; i < inputs.Count; i++)
        {
            Shape part = inputs[i];
            if (part.Rank != whole.Rank || !part.With(axis, whole[axis]).Equals(whole))
            {
                throw Refuse(inputs, $"all axes but axis {axis} must agree.");
            }

            whole = whole.With(axis, whole[axis] + part[axis]);
        }

        return whole;
    }

    /// <inheritdoc/>
    public override Tensor Torch(Tensor[] inputs) => cat(inputs, axis);

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">The extents along the axis vary.</exception>
    public override Node? PullBack(Apply y, Node u, int input)
    {
        int start = 0;
        for (int i = 0; i < input; i++)
        {
            start += Extent(y.Inputs[i]);
        }

        return u.Slice(axis, start, Extent(y.Inputs[input]));
    }

    internal override string Onnx(OnnxScope scope, Apply y, IReadOnlyList<string> inputs) => scope.Add("Concat", inputs, ("axis", axis));

    private int Extent(Node part) => part.Shape[axis].Known
        ?? throw new NotSupportedException($"Concat has no pull-back along axis {axis} of {part.Shape}: its extent must be known.");
}
