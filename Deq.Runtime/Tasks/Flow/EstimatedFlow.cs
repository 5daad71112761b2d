using System.Numerics.Tensors;
using Deq.Runtime.Models;

namespace Deq.Runtime.Tasks.Flow;

/// <summary>What a flow estimator's decoder gives, brought back to the size of the frames.</summary>
public static class EstimatedFlow
{
    /// <summary>Cuts the padding off. Null when a number that is left is not finite.</summary>
    /// <param name="output"><c>[2, H, W]</c> of the padded shape, pixels to the right and down.</param>
    /// <param name="width">Of the frames, pixels.</param>
    /// <param name="height">Of the frames, pixels.</param>
    /// <param name="sizes">How frames are padded.</param>
    /// <exception cref="ArgumentException">The output has another length.</exception>
    public static FlowField? Read(ReadOnlySpan<float> output, int width, int height, FrameSizes sizes)
    {
        ArgumentNullException.ThrowIfNull(sizes);
        ShapeKey shape = sizes.ShapeOf(height, width);
        int plane = shape.Height * shape.Width;
        if (output.Length != 2 * plane)
        {
            throw new ArgumentException(
                $"The output has {output.Length} numbers; frames of {width} x {height} pixels need [2, {shape.Height}, {shape.Width}].", nameof(output));
        }

        float[] u = Cut(output[..plane], shape.Width, width, height, sizes);
        float[] v = Cut(output[plane..], shape.Width, width, height, sizes);
        return TensorPrimitives.IsFiniteAll<float>(u) && TensorPrimitives.IsFiniteAll<float>(v) ? new FlowField(width, height, u, v) : null;
    }

    private static float[] Cut(ReadOnlySpan<float> plane, int padded, int width, int height, FrameSizes sizes)
    {
        float[] values = new float[width * height];
        (int top, int left) = (sizes.Before(height), sizes.Before(width));
        for (int row = 0; row < height; row++)
        {
            plane.Slice(((top + row) * padded) + left, width).CopyTo(values.AsSpan(row * width));
        }

        return values;
    }
}
