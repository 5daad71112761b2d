using Deq.Export.Graphs.Onnx;
using static TorchSharp.torch;

namespace Deq.Export.Graphs.Ops;

/// <summary>The mean over some axes.</summary>
/// <param name="axes">Each in [0, rank), no two the same.</param>
/// <param name="keepDims">Whether the axes stay, with extent 1.</param>
public sealed class ReduceMean(int[] axes, bool keepDims) : Op
{
    private readonly long[] _axes = [.. axes.Select(axis => (long)axis)];

    /// <inheritdoc/>
    public override string Name => "ReduceMean";

    /// <inheritdoc/>
    public override Shape Infer(IReadOnlyList<Shape> inputs) =>
        Reduction.Shape(inputs[0], axes, keepDims) ?? throw Refuse(inputs, $"it has no axes {string.Join(", ", axes)}.");

    /// <inheritdoc/>
    public override Tensor Torch(Tensor[] inputs) => inputs[0].mean(_axes, keepdim: keepDims);

    /// <inheritdoc/>
    public override Node? PullBack(Apply y, Node u, int input) =>
        (Reduction.Kept(y.Inputs[0], u, axes) / Reduction.Count(y.Inputs[0], axes)).ExpandLike(y.Inputs[0]);

    internal override string Onnx(OnnxScope scope, Apply y, IReadOnlyList<string> inputs) =>
        scope.Add("ReduceMean", [inputs[0], scope.Integers(_axes)], ("keepdims", keepDims ? 1 : 0));
}
