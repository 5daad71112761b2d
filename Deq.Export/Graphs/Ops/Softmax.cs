using Deq.Export.Graphs.Onnx;
using static TorchSharp.torch;

namespace Deq.Export.Graphs.Ops;

/// <summary>y = e^a / Σ e^a along one axis.</summary>
/// <param name="axis">In [0, rank).</param>
public sealed class Softmax(int axis) : Op
{
    /// <inheritdoc/>
    public override string Name => "Softmax";

    /// <inheritdoc/>
    public override Shape Infer(IReadOnlyList<Shape> inputs) =>
        axis >= 0 && axis < inputs[0].Rank ? inputs[0] : throw Refuse(inputs, $"there is no axis {axis}.");

    /// <inheritdoc/>
    public override Tensor Torch(Tensor[] inputs) => inputs[0].softmax(axis);

    /// <inheritdoc/>
    public override Node? PullBack(Apply y, Node u, int input) => y * (u - (u * y).ReduceSum([axis], keepDims: true));

    internal override string Onnx(OnnxScope scope, Apply y, IReadOnlyList<string> inputs) => scope.Add("Softmax", inputs, ("axis", axis));
}
