using System.Numerics.Tensors;
using Deq.Runtime.Models;

namespace Deq.Runtime.Imaging;

/// <summary>Turns an image of any size into the numbers that a model's encoder takes.</summary>
public static class ImageTensor
{
    private const int PixelBytes = 4;

    /// <summary>Resizes, composites on the background, converts and normalises: (v/255 − mean)/deviation.</summary>
    /// <param name="image">The image.</param>
    /// <param name="input">What the model takes.</param>
    /// <param name="tensor">Receives <c>[Channels, Height, Width]</c>: red, green, blue, or luminance (Rec. 601).</param>
    /// <exception cref="ArgumentException">The tensor has another length, or <paramref name="input"/> is one that no bundle may have.</exception>
    public static void Fill(DecodedImage image, ImageInput input, Span<float> tensor)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(input);
        if (tensor.Length != input.Channels * input.Height * input.Width)
        {
            throw new ArgumentException(
                $"The tensor has {tensor.Length} numbers; the model needs [{input.Channels}, {input.Height}, {input.Width}].", nameof(tensor));
        }

        (int top, ResampledAxis rows, int left, ResampledAxis columns) = Place(image, input);
        FillBackground(input, tensor);
        float[] sum = new float[columns.Length * PixelBytes];
        var lines = new ResampledLines(image, columns);
        for (int row = 0; row < rows.Length; row++)
        {
            Array.Clear(sum);
            ReadOnlySpan<float> weights = rows.Weights(row);
            for (int i = 0; i < weights.Length; i++)
            {
                TensorPrimitives.MultiplyAdd(lines[rows.First(row) + i], weights[i], sum, sum);
            }

            for (int column = 0; column < columns.Length; column++)
            {
                Put(sum.AsSpan(column * PixelBytes, PixelBytes), input, tensor, ((top + row) * input.Width) + left + column);
            }
        }
    }

    /// <summary>Where the image goes in the tensor and what of it goes there.</summary>
    private static (int Top, ResampledAxis Rows, int Left, ResampledAxis Columns) Place(DecodedImage image, ImageInput input)
    {
        double across = (double)input.Width / image.Width;
        double down = (double)input.Height / image.Height;
        switch (input.Resize)
        {
            case "stretch":
                return (0, new(image.Height, 0, image.Height, input.Height), 0, new(image.Width, 0, image.Width, input.Width));
            case "fit":
                double smaller = Math.Min(across, down);
                int height = Math.Clamp((int)Math.Round(image.Height * smaller), 1, input.Height);
                int width = Math.Clamp((int)Math.Round(image.Width * smaller), 1, input.Width);
                return (
                    (input.Height - height) / 2, new(image.Height, 0, image.Height, height),
                    (input.Width - width) / 2, new(image.Width, 0, image.Width, width));
            case "crop":
                double larger = Math.Max(across, down);
                return (0, Centre(image.Height, input.Height, larger), 0, Centre(image.Width, input.Width, larger));
            default:
                throw new ArgumentException($"Resize is '{input.Resize}'; it is fit, crop or stretch.", nameof(input));
        }
    }

    private static ResampledAxis Centre(int source, int target, double scale)
    {
        double length = Math.Min(target / scale, source);
        double start = (source - length) / 2;

        // A window of whole pixels begins at a whole pixel, so that cutting alone does not blur.
        return new ResampledAxis(source, length == Math.Floor(length) ? Math.Floor(start) : start, length, target);
    }

    private static void FillBackground(ImageInput input, Span<float> tensor)
    {
        int plane = input.Height * input.Width;
        for (int channel = 0; channel < input.Channels; channel++)
        {
            tensor.Slice(channel * plane, plane).Fill(Normalised(input, channel, input.Background));
        }
    }

    /// <summary>Writes one pixel to its place in every plane.</summary>
    private static void Put(ReadOnlySpan<float> pixel, ImageInput input, Span<float> tensor, int place)
    {
        double under = input.Background * (1 - (pixel[3] / 255.0));
        (double red, double green, double blue) = (pixel[0] + under, pixel[1] + under, pixel[2] + under);
        if (input.Channels == 1)
        {
            tensor[place] = Normalised(input, 0, (0.299 * red) + (0.587 * green) + (0.114 * blue));
            return;
        }

        int plane = input.Height * input.Width;
        tensor[place] = Normalised(input, 0, red);
        tensor[plane + place] = Normalised(input, 1, green);
        tensor[(2 * plane) + place] = Normalised(input, 2, blue);
    }

    private static float Normalised(ImageInput input, int channel, double value) =>
        (float)(((value / 255) - input.Mean[channel]) / input.Deviation[channel]);

    /// <summary>Rows of the image resampled across, computed when first asked for. Neighbouring target rows share at most two.</summary>
    private sealed class ResampledLines(DecodedImage image, ResampledAxis columns)
    {
        private readonly float[][] _lines = [new float[columns.Length * PixelBytes], new float[columns.Length * PixelBytes]];
        private readonly int[] _held = [-1, -1];

        public ReadOnlySpan<float> this[int row]
        {
            get
            {
                int place = row % 2;
                if (_held[place] != row)
                {
                    Resample(image.Pixels.AsSpan(row * image.Width * PixelBytes, image.Width * PixelBytes), _lines[place]);
                    _held[place] = row;
                }

                return _lines[place];
            }
        }

        private void Resample(ReadOnlySpan<byte> source, float[] line)
        {
            for (int column = 0; column < columns.Length; column++)
            {
                ReadOnlySpan<float> weights = columns.Weights(column);
                ReadOnlySpan<byte> taken = source.Slice(columns.First(column) * PixelBytes, weights.Length * PixelBytes);
                float red = 0, green = 0, blue = 0, alpha = 0;
                for (int i = 0; i < weights.Length; i++)
                {
                    float weight = weights[i];
                    red += weight * taken[PixelBytes * i];
                    green += weight * taken[(PixelBytes * i) + 1];
                    blue += weight * taken[(PixelBytes * i) + 2];
                    alpha += weight * taken[(PixelBytes * i) + 3];
                }

                (line[PixelBytes * column], line[(PixelBytes * column) + 1]) = (red, green);
                (line[(PixelBytes * column) + 2], line[(PixelBytes * column) + 3]) = (blue, alpha);
            }
        }
    }
}
