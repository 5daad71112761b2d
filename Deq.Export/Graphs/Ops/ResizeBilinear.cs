using Deq.Export.Onnx;
using static TorchSharp.torch;

namespace Deq.Export.Graphs.Ops;

/// <summary>
/// <c>[B, C, H, W]</c> to <c>[B, C, factor·H, factor·W]</c> by bilinear interpolation between pixel centres, edge pixels continuing outwards.
/// </summary>
/// <param name="factor">At least 1.</param>
public sealed class ResizeBilinear(int factor) : Op
{
    /// <inheritdoc/>
    public override string Name => "ResizeBilinear";

    /// <inheritdoc/>
    public override Shape Infer(IReadOnlyList<Shape> inputs) => inputs[0].Rank == 4
        ? new Shape(inputs[0][0], inputs[0][1], inputs[0][2] * factor, inputs[0][3] * factor)
        : throw Refuse(inputs, "x is [B, C, H, W].");

    /// <inheritdoc/>
    public override Tensor Torch(Tensor[] inputs)
    {
        Tensor x = inputs[0];
        return nn.functional.interpolate(
            x,
            [x.shape[2] * factor, x.shape[3] * factor],
            mode: InterpolationMode.Bilinear,
            align_corners: false);
    }

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">Height or width varies.</exception>
    public override Node? PullBack(Apply y, Node u, int input)
    {
        Shape x = y.Inputs[0].Shape;
        if (x[2].Known is not { } height || x[3].Known is not { } width)
        {
            throw new NotSupportedException($"ResizeBilinear has no pull-back to {x}: height and width must be known.");
        }

        // y = A·x·Bᵀ with one row of weights per new row and column, so the cotangent is Aᵀ·u·B.
        return Weights(height).Transpose(1, 0).MatMul(u).MatMul(Weights(width));
    }

    internal override string Onnx(OnnxScope scope, Apply y, IReadOnlyList<string> inputs) => scope.Add(
        "Resize",
        [inputs[0], "", scope.Floats("scales", [1, 1, factor, factor], 4)],
        ("mode", "linear"),
        ("coordinate_transformation_mode", "half_pixel"));

    private Constant Weights(int extent)
    {
        float[] weights = new float[factor * extent * extent];
        for (int row = 0; row < factor * extent; row++)
        {
            double position = Math.Clamp(((row + 0.5) / factor) - 0.5, 0, extent - 1);
            int below = (int)position;
            int above = Math.Min(below + 1, extent - 1);
            weights[(row * extent) + below] += (float)(1 - (position - below));
            weights[(row * extent) + above] += (float)(position - below);
        }

        return new Constant(weights, [factor * extent, extent]);
    }
}
