using Deq.Export.Graphs.Onnx;
using static TorchSharp.torch;

namespace Deq.Export.Graphs.Ops;

/// <summary>The mean of every channel: <c>[B, C, H, W]</c> to <c>[B, C, 1, 1]</c>.</summary>
public sealed class GlobalAveragePool : Op
{
    private static readonly long[] Axes = [2, 3];

    /// <inheritdoc/>
    public override string Name => "GlobalAveragePool";

    /// <inheritdoc/>
    public override Shape Infer(IReadOnlyList<Shape> inputs) => inputs[0].Rank == 4
        ? new Shape(inputs[0][0], inputs[0][1], 1, 1)
        : throw Refuse(inputs, "x is [B, C, H, W].");

    /// <inheritdoc/>
    public override Tensor Torch(Tensor[] inputs) => inputs[0].mean(Axes, keepdim: true);

    /// <inheritdoc/>
    public override Node? PullBack(Apply y, Node u, int input)
    {
        Node x = y.Inputs[0];
        return (u / Reduction.Count(x, [2, 3])).ExpandLike(x);
    }

    internal override string Onnx(OnnxScope scope, Apply y, IReadOnlyList<string> inputs) => scope.Add("GlobalAveragePool", inputs);
}
