using Deq.Export.Tasks.Classification.Augmentation;
using Deq.Runtime.Bundles;

namespace Deq.Export.Tasks.Classification.Datasets;

/// <summary>Turns images of a data set into normalised batches, (v/255 − mean)/deviation, varied or as they are.</summary>
/// <remarks>Several threads may fill at once, each its own buffer.</remarks>
public sealed class ImageBatches
{
    private readonly ImageDataset _dataset;
    private readonly ImageVariations? _variations;

    /// <summary>Per channel, the normalised number of each of the 256 bytes: one look-up per pixel.</summary>
    private readonly float[][] _normalised;
    private readonly byte _background;

    /// <summary>Batches of a data set.</summary>
    /// <param name="dataset">The images.</param>
    /// <param name="input">Their normalisation, and the background that shifting uncovers.</param>
    /// <param name="variations">How each image is varied; null fills them as they are.</param>
    /// <exception cref="ArgumentException">The input has another size than the images.</exception>
    public ImageBatches(ImageDataset dataset, ImageInput input, ImageVariations? variations = null)
    {
        if (dataset.Channels != input.Channels || dataset.Height != input.Height || dataset.Width != input.Width)
        {
            throw new ArgumentException(
                $"Images are [{dataset.Channels}, {dataset.Height}, {dataset.Width}]; "
                + $"the input is [{input.Channels}, {input.Height}, {input.Width}].",
                nameof(input));
        }

        _dataset = dataset;
        _variations = variations;
        _background = (byte)input.Background;
        _normalised = [.. Enumerable.Range(0, input.Channels).Select(channel => Normalise(input.Mean[channel], input.Deviation[channel]))];
    }

    /// <summary>Numbers per image: C · H · W.</summary>
    public int ImageSize => _dataset.Channels * _dataset.Height * _dataset.Width;

    /// <summary>Fills a batch.</summary>
    /// <param name="indices">The images, in the batch's order.</param>
    /// <param name="epoch">From 0; each epoch varies an image anew. Without variations it has no effect.</param>
    /// <param name="pixels">Takes <c>[B, C, H, W]</c>; longer is allowed and its rest is left alone.</param>
    /// <param name="labels">Takes <c>[B]</c>; longer is allowed as well.</param>
    /// <exception cref="ArgumentException">A buffer is too short.</exception>
    public void Fill(ReadOnlySpan<int> indices, int epoch, Span<float> pixels, Span<long> labels)
    {
        if (pixels.Length < indices.Length * ImageSize || labels.Length < indices.Length)
        {
            throw new ArgumentException(
                $"{indices.Length} images need {indices.Length * ImageSize} numbers and {indices.Length} labels; "
                + $"there is room for {pixels.Length} and {labels.Length}.",
                nameof(pixels));
        }

        for (int row = 0; row < indices.Length; row++)
        {
            int index = indices[row];
            Span<float> image = pixels.Slice(row * ImageSize, ImageSize);
            labels[row] = _dataset.Label(index);
            if (_variations is null)
            {
                FillAsItIs(_dataset.Image(index), image);
            }
            else
            {
                FillVaried(_dataset.Image(index), _variations.Draw(epoch, index, _dataset.Height, _dataset.Width), image);
            }
        }
    }

    private void FillAsItIs(ReadOnlySpan<byte> source, Span<float> target)
    {
        int plane = _dataset.Height * _dataset.Width;
        for (int channel = 0; channel < _normalised.Length; channel++)
        {
            ReadOnlySpan<float> normalised = _normalised[channel];
            ReadOnlySpan<byte> from = source.Slice(channel * plane, plane);
            Span<float> to = target.Slice(channel * plane, plane);
            for (int pixel = 0; pixel < from.Length; pixel++)
            {
                to[pixel] = normalised[from[pixel]];
            }
        }
    }

    private void FillVaried(ReadOnlySpan<byte> source, ImageVariation variation, Span<float> target)
    {
        int height = _dataset.Height;
        int width = _dataset.Width;
        for (int channel = 0; channel < _normalised.Length; channel++)
        {
            ReadOnlySpan<float> normalised = _normalised[channel];
            for (int y = 0; y < height; y++)
            {
                Span<float> row = target.Slice(((channel * height) + y) * width, width);
                int from = y - variation.Down;
                if (from < 0 || from >= height)
                {
                    row.Fill(normalised[_background]);
                }
                else
                {
                    FillVariedRow(source.Slice(((channel * height) + from) * width, width), normalised, variation, row);
                }

                if (variation.Erases(y))
                {
                    // 0 is the mean after normalisation: it tells the network nothing.
                    row.Slice(variation.EraseLeft, variation.EraseWidth).Clear();
                }
            }
        }
    }

    private void FillVariedRow(ReadOnlySpan<byte> source, ReadOnlySpan<float> normalised, ImageVariation variation, Span<float> row)
    {
        int first = Math.Max(0, variation.Right);
        int end = Math.Min(row.Length, row.Length + variation.Right);
        row[..first].Fill(normalised[_background]);
        row[end..].Fill(normalised[_background]);
        for (int x = first; x < end; x++)
        {
            int from = x - variation.Right;
            row[x] = normalised[source[variation.IsMirrored ? source.Length - 1 - from : from]];
        }
    }

    private static float[] Normalise(double mean, double deviation) =>
        [.. Enumerable.Range(0, 256).Select(value => (float)(((value / 255.0) - mean) / deviation))];
}
