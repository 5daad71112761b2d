using Deq.Export.Graphs.Onnx;
using static TorchSharp.torch;

namespace Deq.Export.Graphs.Ops;

/// <summary>
/// The transpose of <see cref="Conv"/> as a linear map of x: u <c>[B, K, h, w]</c> and the convolution's weight <c>[K, C/groups, kh, kw]</c> to
/// <c>[B, C, (h − 1)·stride − 2·padding + kh + bottom, …]</c>.
/// </summary>
/// <param name="stride">Of both axes, at least 1.</param>
/// <param name="padding">What the convolution had around both axes.</param>
/// <param name="groups">At least 1; divides K.</param>
/// <param name="bottom">Rows added at the bottom, in [0, stride).</param>
/// <param name="right">Columns added at the right, in [0, stride).</param>
public sealed class ConvTranspose(int stride, int padding, int groups, int bottom, int right) : Op
{
    /// <inheritdoc/>
    public override string Name => "ConvTranspose";

    /// <inheritdoc/>
    public override Shape Infer(IReadOnlyList<Shape> inputs)
    {
        Shape u = inputs[0];
        Shape weight = inputs[1];
        if (u.Rank != 4 || weight.Rank != 4 || u[1] != weight[0] || weight[0].Known is not { } channels || channels % groups != 0)
        {
            throw Refuse(inputs, $"u is [B, K, h, w] and the weight [K, C/{groups}, kh, kw], K a multiple of {groups}.");
        }

        return new Shape(u[0], weight[1] * groups, Spread(u[2], weight[2], bottom), Spread(u[3], weight[3], right));
    }

    /// <inheritdoc/>
    public override Tensor Torch(Tensor[] inputs) => nn.functional.conv_transpose2d(
        inputs[0],
        inputs[1],
        null,
        [stride, stride],
        [padding, padding],
        [bottom, right],
        [1, 1],
        groups);

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">To the weight.</exception>
    public override Node? PullBack(Apply y, Node u, int input) => input == 0
        ? u.Conv(y.Inputs[1], stride: stride, padding: padding, groups: groups)
        : throw new NotSupportedException("ConvTranspose has no pull-back to its weight: training differentiates through Torch.");

    internal override string Onnx(OnnxScope scope, Apply y, IReadOnlyList<string> inputs) => scope.Add(
        "ConvTranspose",
        inputs,
        ("kernel_shape", new long[] { y.Inputs[1].Shape[2].Coefficient, y.Inputs[1].Shape[3].Coefficient }),
        ("strides", new long[] { stride, stride }),
        ("pads", new long[] { padding, padding, padding, padding }),
        ("output_padding", new long[] { bottom, right }),
        ("group", groups));

    private Dim Spread(Dim windows, Dim kernel, int added) =>
        windows.Spread(stride, kernel.Coefficient + added - (2 * padding) - stride);
}
