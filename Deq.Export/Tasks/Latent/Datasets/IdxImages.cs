using System.Buffers.Binary;
using Deq.Export.Datasets;

namespace Deq.Export.Tasks.Latent.Datasets;

/// <summary>The training images of an IDX data set, in memory, as bytes. Shared by threads.</summary>
/// <remarks>Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database", file formats.</remarks>
internal sealed class IdxImages
{
    private const uint Magic = 0x0803;
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
        string plain = Path.Combine(directory, FileName);
        string path = File.Exists(plain) ? plain : plain + ".gz";
        if (!File.Exists(path))
        {
            throw new DatasetException(directory, $"There is no {FileName}, plain or .gz.");
        }

        using DatasetFile file = new(path);
        Span<byte> header = stackalloc byte[16];
        file.Read(header, "the header");
        uint magic = BinaryPrimitives.ReadUInt32BigEndian(header);
        int count = BinaryPrimitives.ReadInt32BigEndian(header[4..]);
        int height = BinaryPrimitives.ReadInt32BigEndian(header[8..]);
        int width = BinaryPrimitives.ReadInt32BigEndian(header[12..]);
        if (magic != Magic || count < 1 || height is < 1 or > LargestSide || width is < 1 or > LargestSide)
        {
            throw file.Fault($"Its header is 0x{magic:X8}, {count} images of {height} × {width} pixels; 0x{Magic:X8} and 1 to {LargestSide} pixels were expected.");
        }

        // A damaged count must not ask for memory that no image will fill.
        List<byte[]> images = [];
        for (int index = 0; index < count; index++)
        {
            byte[] image = new byte[height * width];
            file.Read(image, $"image {index} of {count}");
            images.Add(image);
        }

        file.ExpectEnd();
        return new IdxImages(height, width, [.. images]);
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
