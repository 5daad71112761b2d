using Deq.Export.Graphs.Onnx;
using static TorchSharp.torch;

namespace Deq.Export.Graphs.Ops;

/// <summary>a broadcast to the shape of another tensor.</summary>
public sealed class ExpandLike : Op
{
    /// <inheritdoc/>
    public override string Name => "ExpandLike";

    /// <inheritdoc/>
    public override Shape Infer(IReadOnlyList<Shape> inputs) => inputs[1].Equals(Shape.Broadcast(inputs[0], inputs[1]))
        ? inputs[1]
        : throw Refuse(inputs, "the first must broadcast to the second.");

    /// <inheritdoc/>
    public override Tensor Torch(Tensor[] inputs) => inputs[0].expand(inputs[1].shape);

    /// <inheritdoc/>
    public override Node? PullBack(Apply y, Node u, int input) => input == 0 ? u.SumTo(y.Inputs[0].Shape) : null;

    internal override string Onnx(OnnxScope scope, Apply y, IReadOnlyList<string> inputs) =>
        scope.Add("Expand", [inputs[0], scope.Add("Shape", [inputs[1]])]);
}
