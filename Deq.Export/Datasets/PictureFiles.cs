using Deq.Runtime.Imaging;

namespace Deq.Export.Datasets;

/// <summary>Reads files of one's own data sets.</summary>
internal static class PictureFiles
{
    /// <summary>Files with other extensions are not looked at.</summary>
    public static IReadOnlyList<string> Extensions { get; } = [".png", ".jpg", ".jpeg", ".webp"];

    /// <summary>The fewest pixels along each side of a picture that a model is trained on.</summary>
    public const int LeastSide = 4;

    /// <summary>One's own pictures are trusted with more than a stranger's upload: any camera's, and a machine that is busy.</summary>
    public static ImageLimits Limits { get; } = new()
    {
        MaxBytes = 512 * 1024 * 1024,
        MaxWidth = 32_768,
        MaxHeight = 32_768,
        MaxPixels = 100_000_000,
        MaxDecodeTime = TimeSpan.FromMinutes(1),
    };

    /// <summary>Whether a file is a picture by its name, whatever its case. Hidden ones, such as other systems' thumbnails, are not.</summary>
    public static bool IsPicture(string path) => !IsHidden(path) && Extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);

    /// <summary>By convention of Unix, and the folders that macOS archives and network storage add.</summary>
    public static bool IsHidden(string path) => Path.GetFileName(path) is ['.', ..] or "@eaDir" or "__MACOSX";

    /// <summary>The pictures of a directory, by path; at least one.</summary>
    /// <exception cref="DatasetException">There is no such directory, or it has none.</exception>
    public static IReadOnlyList<string> In(string directory)
    {
        if (!Directory.Exists(directory))
        {
            throw new DatasetException(directory, "There is no such directory.");
        }

        string[] files = [.. Directory.EnumerateFiles(directory).Where(IsPicture).Order(StringComparer.Ordinal)];
        return files.Length > 0 ? files : throw new DatasetException(directory, $"It has no pictures: {string.Join(", ", Extensions)}.");
    }

    /// <summary>Decodes a picture.</summary>
    /// <exception cref="DatasetException">The file is missing or faulty.</exception>
    public static DecodedImage Decode(string path) => Read(path, bytes => ImageDecoder.Decode(bytes, Limits));

    /// <summary>Decodes a picture of a least size.</summary>
    /// <param name="path">The file.</param>
    /// <param name="leastSide">The fewest pixels along each side.</param>
    /// <exception cref="DatasetException">The file is missing, faulty or too small.</exception>
    public static DecodedImage DecodeAtLeast(string path, int leastSide)
    {
        DecodedImage image = Decode(path);
        return Math.Min(image.Width, image.Height) >= leastSide
            ? image
            : throw new DatasetException(path, $"The picture is too small: {image.Width} x {image.Height} pixels; it needs at least {leastSide} along each side.");
    }

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
