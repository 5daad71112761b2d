namespace Deq.Export.Tasks.Classification.Datasets;

/// <summary>Labelled images of one size, in memory, as bytes.</summary>
public sealed class ImageDataset
{
    private readonly byte[][] _images;
    private readonly int[] _labels;

    /// <summary>A data set that takes over the given arrays.</summary>
    /// <param name="channels">1 (luminance) or 3 (red, green, blue).</param>
    /// <param name="height">Pixels.</param>
    /// <param name="width">Pixels.</param>
    /// <param name="labels">Class names by index.</param>
    /// <param name="images">Each <c>[C, H, W]</c>, planar.</param>
    /// <param name="labelOf">The class of each image.</param>
    /// <exception cref="ArgumentException">An image has another size, a label names no class, or the counts differ.</exception>
    public ImageDataset(int channels, int height, int width, IReadOnlyList<string> labels, byte[][] images, int[] labelOf)
    {
        if (images.Length != labelOf.Length)
        {
            throw new ArgumentException($"There are {images.Length} images and {labelOf.Length} labels.", nameof(labelOf));
        }

        int size = channels * height * width;
        if (Array.FindIndex(images, image => image.Length != size) is >= 0 and int wrong)
        {
            throw new ArgumentException(
                $"Image {wrong} has {images[wrong].Length} bytes; [{channels}, {height}, {width}] has {size}.", nameof(images));
        }

        if (Array.FindIndex(labelOf, label => label < 0 || label >= labels.Count) is >= 0 and int nameless)
        {
            throw new ArgumentException($"Image {nameless} has label {labelOf[nameless]}; there are {labels.Count} classes.", nameof(labelOf));
        }

        Channels = channels;
        Height = height;
        Width = width;
        Labels = labels;
        _images = images;
        _labels = labelOf;
    }

    /// <summary>1 (luminance) or 3 (red, green, blue).</summary>
    public int Channels { get; }

    /// <summary>Pixels.</summary>
    public int Height { get; }

    /// <summary>Pixels.</summary>
    public int Width { get; }

    /// <summary>Class names by index.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>Images.</summary>
    public int Count => _images.Length;

    /// <summary>An image, <c>[C, H, W]</c>, planar, 0 to 255.</summary>
    public ReadOnlySpan<byte> Image(int index) => _images[index];

    /// <summary>The index of an image's class in <see cref="Labels"/>.</summary>
    public int Label(int index) => _labels[index];
}
