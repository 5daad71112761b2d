using System.Buffers.Binary;

namespace Deq.Export.Datasets;

/// <summary>Files of the IDX format, as MNIST and Fashion-MNIST are stored, plain or gzip.</summary>
/// <remarks>Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database", file formats.</remarks>
internal static class IdxFile
{
    private const uint ImagesMagic = 0x0803;

    /// <summary>The file of that name, plain or <c>.gz</c>; null where there is none.</summary>
    public static string? Find(string directory, string fileName)
    {
        string name = Path.Combine(directory, fileName);
        return File.Exists(name) ? name : File.Exists(name + ".gz") ? name + ".gz" : null;
    }

    /// <summary>Reads a file of grey images.</summary>
    /// <param name="path">Of the file.</param>
    /// <param name="largestSide">Above any image of use, pixels; a larger side is a damaged header.</param>
    /// <exception cref="DatasetException">The file has a fault.</exception>
    public static (int Height, int Width, byte[][] Images) ReadImages(string path, int largestSide)
    {
        using DatasetFile file = new(path);
        Span<byte> header = stackalloc byte[16];
        file.Read(header, "the header");
        int count = ReadCount(file, header, ImagesMagic);
        uint height = BinaryPrimitives.ReadUInt32BigEndian(header[8..]);
        uint width = BinaryPrimitives.ReadUInt32BigEndian(header[12..]);
        if (height == 0 || height > largestSide || width == 0 || width > largestSide)
        {
            throw file.Fault($"Its images are {height} × {width} pixels; 1 to {largestSide} were expected.");
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
        return ((int)height, (int)width, [.. images]);
    }

    /// <summary>The number of entries that a header announces.</summary>
    /// <exception cref="DatasetException">The header is of something else, or announces none.</exception>
    public static int ReadCount(DatasetFile file, ReadOnlySpan<byte> header, uint expectedMagic)
    {
        uint magic = BinaryPrimitives.ReadUInt32BigEndian(header);
        if (magic != expectedMagic)
        {
            throw file.Fault($"Its first four bytes are 0x{magic:X8}; 0x{expectedMagic:X8} was expected.");
        }

        uint count = BinaryPrimitives.ReadUInt32BigEndian(header[4..]);
        return count is > 0 and <= int.MaxValue ? (int)count : throw file.Fault($"It announces {count} entries; 1 or more were expected.");
    }
}
