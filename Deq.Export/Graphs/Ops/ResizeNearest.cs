using Deq.Export.Graphs.Onnx;
using static TorchSharp.torch;

namespace Deq.Export.Graphs.Ops;

/// <summary>Every pixel repeated factor × factor times: <c>[B, C, H, W]</c> to <c>[B, C, factor·H, factor·W]</c>.</summary>
/// <param name="factor">At least 1.</param>
public sealed class ResizeNearest(int factor) : Op
{
    /// <inheritdoc/>
    public override string Name => "ResizeNearest";

    /// <inheritdoc/>
    public override Shape Infer(IReadOnlyList<Shape> inputs) => inputs[0].Rank == 4
        ? new Shape(inputs[0][0], inputs[0][1], inputs[0][2] * factor, inputs[0][3] * factor)
        : throw Refuse(inputs, "x is [B, C, H, W].");

    /// <inheritdoc/>
    public override Tensor Torch(Tensor[] inputs)
    {
        Tensor x = inputs[0];
        return nn.functional.interpolate(x, [x.shape[2] * factor, x.shape[3] * factor], mode: InterpolationMode.Nearest);
    }

    /// <inheritdoc/>
    public override Node? PullBack(Apply y, Node u, int input) => u.AveragePool(factor, factor) * (factor * factor);

    internal override string Onnx(OnnxScope scope, Apply y, IReadOnlyList<string> inputs) => scope.Add(
        "Resize",
        [inputs[0], "", scope.Floats("scales", [1, 1, factor, factor], 4)],
        ("mode", "nearest"),
        ("coordinate_transformation_mode", "asymmetric"),
        ("nearest_mode", "floor"));
}
