using Deq.Runtime.Imaging;

namespace Deq.Export.Datasets;

/// <summary>Reads files of one's own data sets.</summary>
internal static class PictureFiles
{
    private static readonly string[] s_kinds = [".jpg", ".jpeg", ".png", ".webp"];

    /// <summary>Data sets of one's own are trusted with more than a stranger's upload.</summary>
    public static ImageLimits Limits { get; } = new()
    {
        MaxBytes = 512 * 1024 * 1024,
        MaxWidth = 32_768,
        MaxHeight = 32_768,
        MaxPixels = 50_000_000,
        MaxDecodeTime = TimeSpan.FromMinutes(1),
    };

    /// <summary>The pictures of a directory, by path; at least one.</summary>
    /// <exception cref="DatasetException">There is no such directory, or it has none.</exception>
    public static IReadOnlyList<string> In(string directory)
    {
        if (!Directory.Exists(directory))
        {
            throw new DatasetException(directory, "There is no such directory.");
        }

        string[] files = [.. Directory.EnumerateFiles(directory).Where(file => s_kinds.Contains(Path.GetExtension(file))).Order(StringComparer.Ordinal)];
        return files.Length > 0 ? files : throw new DatasetException(directory, $"It has no pictures: {string.Join(", ", s_kinds)}.");
    }

    /// <summary>Decodes a picture.</summary>
    /// <exception cref="DatasetException">The file is missing or faulty.</exception>
    public static DecodedImage Decode(string path) => Read(path, bytes => ImageDecoder.Decode(bytes, Limits));

    /// <summary>Reads a file by a rule of its format.</summary>
    /// <exception cref="DatasetException">The file is missing or faulty.</exception>
    public static T Read<T>(string path, Func<byte[], T> read)
    {
        try
        {
            return read(File.ReadAllBytes(path));
        }
        catch (Exception fault) when (fault is ImageRejectedException or IOException or UnauthorizedAccessException)
        {
            throw new DatasetException(path, fault.Message, fault);
        }
    }
}
