using Deq.Export.Graphs.Onnx;
using static TorchSharp.torch;

namespace Deq.Export.Graphs.Ops;

/// <summary>
/// <c>[B, C, H, W]</c> to <c>[B, C, factor·H/divisor, factor·W/divisor]</c> by bilinear interpolation between pixel centres, edge pixels continuing
/// outwards. Where that is smaller, pixels between those that are read are left out.
/// </summary>
/// <param name="factor">At least 1.</param>
/// <param name="divisor">At least 1; divides factor·H and factor·W.</param>
public sealed class ResizeBilinear(int factor, int divisor) : Op
{
    /// <inheritdoc/>
    public override string Name => "ResizeBilinear";

    /// <inheritdoc/>
    public override Shape Infer(IReadOnlyList<Shape> inputs)
    {
        Shape x = inputs[0];
        return x.Rank == 4 && x[2].Coefficient * factor % divisor == 0 && x[3].Coefficient * factor % divisor == 0
            ? new Shape(x[0], x[1], x[2] * factor / divisor, x[3] * factor / divisor)
            : throw Refuse(inputs, $"x is [B, C, H, W], and {divisor} divides {factor}·H and {factor}·W.");
    }

    /// <inheritdoc/>
    public override Tensor Torch(Tensor[] inputs)
    {
        Tensor x = inputs[0];
        return nn.functional.interpolate(
            x,
            [x.shape[2] * factor / divisor, x.shape[3] * factor / divisor],
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
        [inputs[0], "", scope.Floats("scales", [1, 1, Scale, Scale], 4)],
        ("mode", "linear"),
        ("coordinate_transformation_mode", "half_pixel"));

    /// <summary>Rounded up, since runtimes round the size that it gives down.</summary>
    private float Scale
    {
        get
        {
            float nearest = (float)factor / divisor;
            return (double)nearest * divisor < factor ? MathF.BitIncrement(nearest) : nearest;
        }
    }

    private Constant Weights(int extent)
    {
        int resized = factor * extent / divisor;
        float[] weights = new float[resized * extent];
        for (int row = 0; row < resized; row++)
        {
            double position = Math.Clamp(((row + 0.5) * divisor / factor) - 0.5, 0, extent - 1);
            int below = (int)position;
            int above = Math.Min(below + 1, extent - 1);
            weights[(row * extent) + below] += (float)(1 - (position - below));
            weights[(row * extent) + above] += (float)(position - below);
        }

        return new Constant(weights, [resized, extent]);
    }
}
