using Deq.Runtime.Imaging;
using Deq.Runtime.Models;

namespace Deq.Runtime.Tasks.Flow;

/// <summary>Turns two frames of a video into the numbers that a flow estimator's encoder takes.</summary>
public static class FramePair
{
    private const int PixelBytes = 4;

    /// <summary>Composites on the background, normalises, and pads by repeating the outermost columns and rows, where <see cref="FrameSizes.Padding"/> says.</summary>
    /// <param name="first">The frame whose pixels move.</param>
    /// <param name="second">The frame after it, of the same size.</param>
    /// <param name="input">What the model takes.</param>
    /// <param name="tensor">Receives <c>[6, H, W]</c> of the padded shape: red, green and blue of the first frame, then of the second.</param>
    /// <exception cref="ArgumentException">The sizes differ or are none that the model takes, or the tensor has another length.</exception>
    public static void Fill(DecodedImage first, DecodedImage second, ImageInput input, Span<float> tensor)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        if (Refusal(first.Width, first.Height, second.Width, second.Height, input) is { } refusal)
        {
            throw new ArgumentException(refusal, nameof(second));
        }

        ShapeKey shape = input.Sizes!.ShapeOf(first.Height, first.Width);
        int frame = 3 * shape.Height * shape.Width;
        if (tensor.Length != 2 * frame)
        {
            throw new ArgumentException(
                $"The tensor has {tensor.Length} numbers; frames of {first.Width} x {first.Height} pixels need [6, {shape.Height}, {shape.Width}].", nameof(tensor));
        }

        Fill(first, input, shape.Width, tensor[..frame]);
        Fill(second, input, shape.Width, tensor[frame..]);
    }

    /// <summary>Why a model takes no two frames of such sizes, as a sentence; null when it does.</summary>
    public static string? Refusal(int firstWidth, int firstHeight, int secondWidth, int secondHeight, ImageInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return input.Sizes is not { } sizes ? "The model takes no frames of free size."
            : firstWidth != secondWidth || firstHeight != secondHeight
                ? $"The frames have {firstWidth} x {firstHeight} and {secondWidth} x {secondHeight} pixels; both must have the same size."
                : sizes.Refusal(firstHeight, firstWidth);
    }

    /// <summary>One frame into its three planes.</summary>
    private static void Fill(DecodedImage frame, ImageInput input, int width, Span<float> planes)
    {
        int plane = planes.Length / 3;
        int height = plane / width;
        (int top, int left) = (input.Sizes!.Before(frame.Height), input.Sizes.Before(frame.Width));
        float[][] opaque = [.. Enumerable.Range(0, 3).Select(channel => Levels(input, channel))];
        for (int row = 0; row < frame.Height; row++)
        {
            ReadOnlySpan<byte> pixels = frame.Pixels.AsSpan(row * frame.Width * PixelBytes, frame.Width * PixelBytes);
            for (int channel = 0; channel < 3; channel++)
            {
                Span<float> line = planes.Slice((channel * plane) + ((top + row) * width), width);
                Fill(pixels, input, channel, opaque[channel], line.Slice(left, frame.Width));
                line[..left].Fill(line[left]);
                line[(left + frame.Width)..].Fill(line[left + frame.Width - 1]);
            }
        }

        for (int channel = 0; channel < 3; channel++)
        {
            Span<float> lines = planes.Slice(channel * plane, plane);
            for (int row = 0; row < height; row++)
            {
                if (Math.Clamp(row, top, top + frame.Height - 1) is var nearest && nearest != row)
                {
                    lines.Slice(nearest * width, width).CopyTo(lines.Slice(row * width, width));
                }
            }
        }
    }

    /// <summary>One channel of a row: looked up where pixels are opaque, as nearly all are.</summary>
    private static void Fill(ReadOnlySpan<byte> pixels, ImageInput input, int channel, float[] opaque, Span<float> line)
    {
        for (int column = 0; column < line.Length; column++)
        {
            int at = column * PixelBytes;
            byte alpha = pixels[at + 3];
            line[column] = alpha == byte.MaxValue
                ? opaque[pixels[at + channel]]
                : Normalised(input, channel, pixels[at + channel] + (input.Background * (1 - (alpha / 255.0))));
        }
    }

    private static float[] Levels(ImageInput input, int channel) => [.. Enumerable.Range(0, byte.MaxValue + 1).Select(level => Normalised(input, channel, level))];

    private static float Normalised(ImageInput input, int channel, double value) =>
        (float)(((value / 255) - input.Mean[channel]) / input.Deviation[channel]);
}
