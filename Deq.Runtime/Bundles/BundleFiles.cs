using System.Security.Cryptography;

namespace Deq.Runtime.Bundles;

/// <summary>Checks the files of a bundle against the hashes in its manifest.</summary>
internal static class BundleFiles
{
    /// <summary>The contents of the files that have no fault, by path.</summary>
    /// <param name="root">The bundle's folder.</param>
    /// <param name="files">Hashes by path.</param>
    /// <param name="kept">The paths whose contents are wanted; the others are only hashed.</param>
    /// <param name="faults">Receives what is missing, altered, outside or not listed.</param>
    public static IReadOnlyDictionary<string, byte[]> Verify(
        string root,
        IReadOnlyDictionary<string, string> files,
        IReadOnlySet<string> kept,
        List<string> faults)
    {
        var contents = new Dictionary<string, byte[]>();
        foreach ((string path, string hash) in files.Where(file => BundlePath.FaultOf(file.Key) is null))
        {
            try
            {
                Read(root, path, hash, kept.Contains(path) ? contents : null, faults);
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                faults.Add($"{path} cannot be read: {fault.Message.ReplaceLineEndings(" ")}");
            }
        }

        try
        {
            faults.AddRange(
                from path in Present(root, "")
                where path != ModelBundle.ManifestFile && !files.ContainsKey(path)
                orderby path
                select $"{path} is in the folder but not listed in files.");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            faults.Add($"The folder cannot be listed: {fault.Message.ReplaceLineEndings(" ")}");
        }

        return contents;
    }

    private static void Read(string root, string path, string hash, Dictionary<string, byte[]>? contents, List<string> faults)
    {
        if (BundlePath.Resolve(root, path) is not { } file)
        {
            faults.Add($"{path} is a link that leads out of the bundle.");
            return;
        }

        if (!File.Exists(file))
        {
            faults.Add($"{path} is missing.");
            return;
        }

        // What has no length is not opened: pipes and devices have none either, and would be waited for, or never end.
        using Stream stream = new FileInfo(file).Length == 0 ? Stream.Null : File.OpenRead(file);
        if (contents is not null && stream.Length > Array.MaxLength)
        {
            faults.Add($"{path} has {stream.Length} bytes; a graph holds at most 2 GB.");
            return;
        }

        byte[] actual;
        if (contents is null)
        {
            actual = SHA256.HashData(stream);
        }
        else
        {
            // Hashed and used from the same bytes, so that what runs is what was verified.
            byte[] bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            actual = SHA256.HashData(bytes);
            contents.Add(path, bytes);
        }

        if (Convert.ToHexStringLower(actual) != hash)
        {
            contents?.Remove(path);
            faults.Add($"{path} is altered: its SHA-256 is {Convert.ToHexStringLower(actual)}, the manifest says {hash}.");
        }
    }

    /// <summary>Every file below a folder by path, without following linked folders and without names that begin with a dot.</summary>
    private static IEnumerable<string> Present(string root, string prefix)
    {
        var folder = new DirectoryInfo(Path.Combine(root, prefix));
        foreach (FileSystemInfo entry in folder.EnumerateFileSystemInfos().Where(entry => entry.Name[0] != '.'))
        {
            string path = prefix.Length == 0 ? entry.Name : $"{prefix}/{entry.Name}";
            if (entry is DirectoryInfo && entry.LinkTarget is null)
            {
                foreach (string inner in Present(root, path))
                {
                    yield return inner;
                }
            }
            else
            {
                yield return path;
            }
        }
    }
}
