using Deq.Export.Graphs.Onnx;
using static TorchSharp.torch;

namespace Deq.Export.Graphs.Ops;

/// <summary>Axes in another order: axis i of y is axis order[i] of a.</summary>
/// <param name="order">A permutation of the axes.</param>
public sealed class Transpose(int[] order) : Op
{
    private readonly long[] _order = [.. order.Select(axis => (long)axis)];

    /// <inheritdoc/>
    public override string Name => "Transpose";

    /// <inheritdoc/>
    public override Shape Infer(IReadOnlyList<Shape> inputs)
    {
        Shape x = inputs[0];
        return order.Order().SequenceEqual(Enumerable.Range(0, x.Rank))
            ? new Shape([.. order.Select(axis => x[axis])])
            : throw Refuse(inputs, $"({string.Join(", ", order)}) is no order of its axes.");
    }

    /// <inheritdoc/>
    public override Tensor Torch(Tensor[] inputs) => inputs[0].permute(_order);

    /// <inheritdoc/>
    public override Node? PullBack(Apply y, Node u, int input) =>
        u.Transpose([.. Enumerable.Range(0, order.Length).OrderBy(axis => order[axis])]);

    internal override string Onnx(OnnxScope scope, Apply y, IReadOnlyList<string> inputs) => scope.Add("Transpose", inputs, ("perm", _order));
}
