using Deq.Export.Graphs.Onnx;
using static TorchSharp.torch;

namespace Deq.Export.Graphs.Ops;

/// <summary>
/// Two-dimensional convolution (cross-correlation): x <c>[B, C, H, W]</c>, weight <c>[K, C/groups, h, w]</c>, optional bias <c>[K]</c>.
/// </summary>
/// <param name="stride">Of both axes, at least 1.</param>
/// <param name="padding">Zeros around both axes, at least 0.</param>
/// <param name="groups">At least 1; divides C and K.</param>
public sealed class Conv(int stride, int padding, int groups) : Op
{
    /// <inheritdoc/>
    public override string Name => "Conv";

    /// <inheritdoc/>
    public override Shape Infer(IReadOnlyList<Shape> inputs)
    {
        Shape x = inputs[0];
        Shape weight = inputs[1];
        if (x.Rank != 4 || weight.Rank != 4)
        {
            throw Refuse(inputs, "x is [B, C, H, W] and the weight [K, C/groups, h, w].");
        }

        if (x[1] != weight[1] * groups || weight[0].Known is not { } outputs || outputs % groups != 0)
        {
            throw Refuse(inputs, $"with {groups} group(s) the weight is [K, C/{groups}, h, w], K a multiple of {groups}.");
        }

        if (inputs.Count > 2 && !inputs[2].Equals(new Shape(outputs)))
        {
            throw Refuse(inputs, $"the bias is [{outputs}].");
        }

        Dim height = x[2].Windows(weight[2].Known ?? 0, stride, padding);
        Dim width = x[3].Windows(weight[3].Known ?? 0, stride, padding);
        return height == 0 || width == 0
            ? throw Refuse(inputs, $"with padding {padding} the window is larger than the image.")
            : new Shape(x[0], outputs, height, width);
    }

    /// <inheritdoc/>
    public override Tensor Torch(Tensor[] inputs) => nn.functional.conv2d(
        inputs[0],
        inputs[1],
        inputs.Length > 2 ? inputs[2] : null,
        [stride, stride],
        [padding, padding],
        [1, 1],
        groups);

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">To the weight, or to x when what the stride leaves over depends on a varying extent.</exception>
    public override Node? PullBack(Apply y, Node u, int input) => input switch
    {
        0 => new Apply(new ConvTranspose(stride, padding, groups, LeftOver(y, 2), LeftOver(y, 3)), [u, y.Inputs[1]]),
        2 => u.ReduceSum([0, 2, 3], keepDims: false),
        _ => throw new NotSupportedException("Conv has no pull-back to its weight: training differentiates through Torch."),
    };

    internal override string Onnx(OnnxScope scope, Apply y, IReadOnlyList<string> inputs) => scope.Add(
        "Conv",
        inputs,
        ("kernel_shape", new long[] { y.Inputs[1].Shape[2].Coefficient, y.Inputs[1].Shape[3].Coefficient }),
        ("strides", new long[] { stride, stride }),
        ("pads", new long[] { padding, padding, padding, padding }),
        ("group", groups));

    /// <summary>How many of the last rows or columns of x the window never starts at; the transposed convolution must add them.</summary>
    private int LeftOver(Apply y, int axis)
    {
        Dim before = y.Inputs[0].Shape[axis];
        Dim after = y.Shape[axis];
        int margin = (2 * padding) - y.Inputs[1].Shape[axis].Coefficient;
        if (before.Known is { } known)
        {
            return (known + margin) % stride;
        }

        // With n = stride·m windows counted as m, (m − 1)·stride + kernel − 2·padding are covered.
        return before == after * stride
            ? stride + margin
            : throw new NotSupportedException(
                $"Conv with stride {stride} has no pull-back to {y.Inputs[0].Shape}: the size of axis {axis} must be known.");
    }
}
