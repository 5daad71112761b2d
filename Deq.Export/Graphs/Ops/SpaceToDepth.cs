using Deq.Export.Graphs.Onnx;
using static TorchSharp.torch;

namespace Deq.Export.Graphs.Ops;

/// <summary>Pixels to channels, the inverse of <see cref="DepthToSpace"/>: <c>[B, C, factor·H, factor·W]</c> to <c>[B, factor²·C, H, W]</c>.</summary>
/// <param name="factor">At least 1; divides height and width.</param>
public sealed class SpaceToDepth(int factor) : Op
{
    /// <inheritdoc/>
    public override string Name => "SpaceToDepth";

    /// <inheritdoc/>
    public override Shape Infer(IReadOnlyList<Shape> inputs)
    {
        Shape x = inputs[0];
        return x.Rank == 4 && x[2].Coefficient % factor == 0 && x[3].Coefficient % factor == 0
            ? new Shape(x[0], x[1] * (factor * factor), x[2] / factor, x[3] / factor)
            : throw Refuse(inputs, $"x is [B, C, {factor}·H, {factor}·W].");
    }

    /// <inheritdoc/>
    public override Tensor Torch(Tensor[] inputs)
    {
        Tensor x = inputs[0];
        long[] s = x.shape;
        using Tensor blocks = x.reshape(s[0], s[1], s[2] / factor, factor, s[3] / factor, factor);
        using Tensor gathered = blocks.permute(0, 3, 5, 1, 2, 4);
        return gathered.reshape(s[0], s[1] * factor * factor, s[2] / factor, s[3] / factor);
    }

    /// <inheritdoc/>
    public override Node? PullBack(Apply y, Node u, int input) => u.DepthToSpace(factor);

    internal override string Onnx(OnnxScope scope, Apply y, IReadOnlyList<string> inputs) =>
        scope.Add("SpaceToDepth", inputs, ("blocksize", factor));
}
