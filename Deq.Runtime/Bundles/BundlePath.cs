namespace Deq.Runtime.Bundles;

/// <summary>Paths that a manifest names: relative to the bundle, with forward slashes, and never out of it.</summary>
internal static class BundlePath
{
    /// <summary>Links followed before a chain of them counts as endless.</summary>
    private const int MaxLinks = 40;

    /// <summary>Why a path may not stand in a manifest, or null when it may.</summary>
    public static string? FaultOf(string? path) =>
        string.IsNullOrEmpty(path) ? "is empty"
        : path.Any(char.IsControl) || path.Contains('\\', StringComparison.Ordinal) || path.Contains(':', StringComparison.Ordinal)
            ? "has a character that paths in a bundle may not have"
        : path[0] == '/' ? "is absolute; paths are relative to the bundle"
        : path.Split('/').Any(part => part is "" or "." or "..") ? "is outside the bundle or not in its shortest form"
        : path == ModelBundle.ManifestFile ? "names the manifest itself"
        : null;

    /// <summary>The file behind a path, links followed; null when they lead out of the bundle.</summary>
    /// <param name="root">The bundle's folder.</param>
    /// <param name="path">A path without a fault.</param>
    /// <exception cref="IOException">The links never end.</exception>
    public static string? Resolve(string root, string path)
    {
        string home = Real(root);
        string file = Real(Path.Combine(home, path));
        return file.StartsWith(home + Path.DirectorySeparatorChar, StringComparison.Ordinal) ? file : null;
    }

    private static string Real(string path)
    {
        string pending = Path.GetFullPath(path);
        string real = Path.GetPathRoot(pending)!;
        Queue<string> parts = Split(pending, real);
        for (int links = 0; parts.Count > 0;)
        {
            string next = Path.Combine(real, parts.Dequeue());
            if (new FileInfo(next).LinkTarget is not { } target)
            {
                real = next;
                continue;
            }

            if (++links > MaxLinks)
            {
                throw new IOException($"{path} is a chain of more than {MaxLinks} links.");
            }

            pending = Path.GetFullPath(Path.Combine([real, target, .. parts]));
            real = Path.GetPathRoot(pending)!;
            parts = Split(pending, real);
        }

        return real;

        static Queue<string> Split(string path, string root) =>
            new(path[root.Length..].Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries));
    }
}
