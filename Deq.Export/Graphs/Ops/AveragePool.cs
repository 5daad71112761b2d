using Deq.Export.Graphs.Onnx;
using static TorchSharp.torch;

namespace Deq.Export.Graphs.Ops;

/// <summary>The mean of every window of <c>[B, C, H, W]</c>; padding counts as zeros.</summary>
/// <param name="kernel">Height and width of the window, at least 1.</param>
/// <param name="stride">Of both axes, at least 1.</param>
/// <param name="padding">Zeros around both axes, at most half the kernel.</param>
public sealed class AveragePool(int kernel, int stride, int padding) : Op
{
    /// <inheritdoc/>
    public override string Name => "AveragePool";

    /// <inheritdoc/>
    public override Shape Infer(IReadOnlyList<Shape> inputs)
    {
        Shape x = inputs[0];
        if (x.Rank != 4 || padding > kernel / 2)
        {
            throw Refuse(inputs, $"x is [B, C, H, W] and the padding at most {kernel / 2}, half the kernel.");
        }

        Dim height = x[2].Windows(kernel, stride, padding);
        Dim width = x[3].Windows(kernel, stride, padding);
        return height == 0 || width == 0
            ? throw Refuse(inputs, $"the {kernel} × {kernel} window is larger than the image.")
            : new Shape(x[0], x[1], height, width);
    }

    /// <inheritdoc/>
    public override Tensor Torch(Tensor[] inputs) =>
        nn.functional.avg_pool2d(inputs[0], kernel, stride, padding, ceil_mode: false, count_include_pad: true);

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">What the stride leaves over depends on a varying extent.</exception>
    public override Node? PullBack(Apply y, Node u, int input)
    {
        Shape x = y.Inputs[0].Shape;
        float share = 1f / (kernel * kernel);
        if (kernel == stride && padding == 0 && x[2] == y.Shape[2] * kernel && x[3] == y.Shape[3] * kernel)
        {
            return u.ResizeNearest(kernel) * share;
        }

        // The mean of a window is a convolution of each channel by itself with equal weights.
        int channels = x[1].Known
            ?? throw new NotSupportedException($"AveragePool has no pull-back to {x}: the number of channels must be known.");
        float[] weights = new float[channels * kernel * kernel];
        weights.AsSpan().Fill(share);
        var window = new Constant(weights, [channels, 1, kernel, kernel]);
        var convolution = (Apply)y.Inputs[0].Conv(window, null, stride, padding, channels);
        return convolution.Op.PullBack(convolution, u, 0);
    }

    internal override string Onnx(OnnxScope scope, Apply y, IReadOnlyList<string> inputs) => scope.Add(
        "AveragePool",
        inputs,
        ("kernel_shape", new long[] { kernel, kernel }),
        ("strides", new long[] { stride, stride }),
        ("pads", new long[] { padding, padding, padding, padding }),
        ("count_include_pad", 1));
}
