using Deq.Export.Datasets;

namespace Deq.Export.Tasks.Latent.Datasets;

/// <summary>The training images of an IDX data set, in memory, as bytes. Shared by threads.</summary>
internal sealed class IdxImages
{
    private const int LargestSide = 1024;
    private const string FileName = "train-images-idx3-ubyte";

    private readonly byte[][] _images;

    private IdxImages(int height, int width, byte[][] images) => (Height, Width, _images) = (height, width, images);

    /// <summary>Pixels.</summary>
    public int Height { get; }

    /// <summary>Pixels.</summary>
    public int Width { get; }

    /// <summary>Images.</summary>
    public int Count => _images.Length;

    /// <summary>Reads them.</summary>
    /// <param name="directory">Holds <c>train-images-idx3-ubyte</c>, plain or <c>.gz</c>.</param>
    /// <exception cref="DatasetException">The file is missing or faulty.</exception>
    public static IdxImages Open(string directory)
    {
        string path = IdxFile.Find(directory, FileName) ?? throw new DatasetException(directory, $"There is no {FileName}, plain or .gz.");
        (int height, int width, byte[][] images) = IdxFile.ReadImages(path, LargestSide);
        return new IdxImages(height, width, images);
    }

    /// <summary>Copies an image, 0 black to 1 white.</summary>
    public void Copy(int index, Span<float> pixels)
    {
        byte[] image = _images[index];
        for (int i = 0; i < image.Length; i++)
        {
            pixels[i] = image[i] / 255f;
        }
    }
}
