using Deq.Export.Graphs.Onnx;
using static TorchSharp.torch;

namespace Deq.Export.Graphs.Ops;

/// <summary>
/// Channels to pixels: <c>[B, factor²·C, H, W]</c> to <c>[B, C, factor·H, factor·W]</c>. Channel (i·factor + j)·C + c goes to channel c at row
/// i and column j of each pixel's block.
/// </summary>
/// <param name="factor">At least 1.</param>
public sealed class DepthToSpace(int factor) : Op
{
    /// <inheritdoc/>
    public override string Name => "DepthToSpace";

    /// <inheritdoc/>
    public override Shape Infer(IReadOnlyList<Shape> inputs)
    {
        Shape x = inputs[0];
        return x.Rank == 4 && x[1].Known is { } channels && channels % (factor * factor) == 0
            ? new Shape(x[0], channels / (factor * factor), x[2] * factor, x[3] * factor)
            : throw Refuse(inputs, $"x is [B, {factor * factor}·C, H, W].");
    }

    /// <inheritdoc/>
    public override Tensor Torch(Tensor[] inputs)
    {
        Tensor x = inputs[0];
        long[] s = x.shape;
        using Tensor blocks = x.reshape(s[0], factor, factor, s[1] / (factor * factor), s[2], s[3]);
        using Tensor spread = blocks.permute(0, 3, 4, 1, 5, 2);
        return spread.reshape(s[0], s[1] / (factor * factor), s[2] * factor, s[3] * factor);
    }

    /// <inheritdoc/>
    public override Node? PullBack(Apply y, Node u, int input) => u.SpaceToDepth(factor);

    internal override string Onnx(OnnxScope scope, Apply y, IReadOnlyList<string> inputs) =>
        scope.Add("DepthToSpace", inputs, ("blocksize", factor), ("mode", "DCR"));
}
