namespace Deq.Runtime.Models;

/// <summary>Reads files that an operator names or lays down. One without length is refused before it is opened: opening a pipe waits for its writer, reading a device may never end.</summary>
public static class RegularFile
{
    /// <summary>The bytes of a file.</summary>
    /// <exception cref="IOException">It is missing, empty, or no file.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static byte[] ReadAllBytes(string path) => File.ReadAllBytes(Checked(path));

    /// <summary>The text of a file, which is UTF-8 unless it begins with the mark of another encoding.</summary>
    /// <exception cref="IOException">It is missing, empty, or no file.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static string ReadAllText(string path) => File.ReadAllText(Checked(path));

    /// <summary>A path that may be opened, or that opening will refuse at once.</summary>
    /// <exception cref="IOException">It is missing, empty, or no file.</exception>
    public static string Checked(string path)
    {
        // A link has the length of its target's path.
        var file = new FileInfo(path);
        file = file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
        return Directory.Exists(path) || file is { Exists: true, Length: 0 } ? throw new IOException("it is empty or no file.") : path;
    }
}
