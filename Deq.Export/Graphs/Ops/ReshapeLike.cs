using Deq.Export.Graphs.Onnx;
using static TorchSharp.torch;

namespace Deq.Export.Graphs.Ops;

/// <summary>The numbers of a under the shape of another tensor of the same volume, whatever varies in it.</summary>
public sealed class ReshapeLike : Op
{
    /// <inheritdoc/>
    public override string Name => "ReshapeLike";

    /// <inheritdoc/>
    public override Shape Infer(IReadOnlyList<Shape> inputs) => inputs[0].Volume == inputs[1].Volume
        ? inputs[1]
        : throw Refuse(inputs, $"they hold {inputs[0].Volume} and {inputs[1].Volume} numbers.");

    /// <inheritdoc/>
    public override Tensor Torch(Tensor[] inputs) => inputs[0].reshape(inputs[1].shape);

    /// <inheritdoc/>
    public override Node? PullBack(Apply y, Node u, int input) => input == 0 ? u.ReshapeLike(y.Inputs[0]) : null;

    internal override string Onnx(OnnxScope scope, Apply y, IReadOnlyList<string> inputs) =>
        scope.Add("Reshape", [inputs[0], scope.Add("Shape", [inputs[1]])]);
}
