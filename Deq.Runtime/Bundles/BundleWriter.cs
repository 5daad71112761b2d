using System.Security.Cryptography;
using System.Text.Json;
using Deq.Runtime.Models;
using Deq.Runtime.Tasks;

namespace Deq.Runtime.Bundles;

/// <summary>Writes bundles: all of one, or nothing.</summary>
public static class BundleWriter
{
    /// <summary>Writes a bundle beside its place and then moves it there. The same contents give the same bytes.</summary>
    /// <param name="directory">The bundle's folder; made by this call.</param>
    /// <param name="manifest">What the bundle promises; its <see cref="ModelManifest.Files"/> are replaced by the hashes of the files.</param>
    /// <param name="files">The other files' contents by path relative to the bundle.</param>
    /// <param name="replace">Whether a bundle that is there already gives way. Default false.</param>
    /// <param name="tasks">The tasks that it may name. Default <see cref="ModelTasks.All"/>.</param>
    /// <returns>The manifest as written, with hashes.</returns>
    /// <exception cref="BundleException">The manifest breaks a rule, or a path does; nothing is written.</exception>
    /// <exception cref="IOException">The folder exists and is not a bundle, or may not be replaced; or the disk refuses.</exception>
    public static ModelManifest Write(
        string directory, ModelManifest manifest, IReadOnlyDictionary<string, byte[]> files, bool replace = false, IReadOnlyList<IModelTask>? tasks = null)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        ArgumentNullException.ThrowIfNull(files);
        string target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        ModelManifest written = manifest with
        {
            Files = new SortedDictionary<string, string>(
                files.ToDictionary(file => file.Key, file => Convert.ToHexStringLower(SHA256.HashData(file.Value))), StringComparer.Ordinal),
            Quality = new SortedDictionary<string, double>(manifest.Quality.ToDictionary(), StringComparer.Ordinal),
            Provenance = new SortedDictionary<string, string>(manifest.Provenance.ToDictionary(), StringComparer.Ordinal),
        };
        var faults = new List<string>();
        ManifestRules.Check(written, tasks ?? ModelTasks.All, faults);
        if (faults.Count > 0)
        {
            throw new BundleException(target, faults);
        }

        Refuse(target, replace);
        string draft = $"{Path.GetDirectoryName(target)}/.{Path.GetFileName(target)}.{Guid.NewGuid():N}";
        try
        {
            WriteFiles(draft, written, files);
            Place(draft, target);
        }
        finally
        {
            if (Directory.Exists(draft))
            {
                Directory.Delete(draft, recursive: true);
            }
        }

        return written;
    }

    private static void Refuse(string target, bool replace)
    {
        bool isTaken = Directory.Exists(target) && Directory.EnumerateFileSystemEntries(target).Any();
        if (File.Exists(target) || (isTaken && !File.Exists(Path.Combine(target, ModelBundle.ManifestFile))))
        {
            throw new IOException($"{target} exists and is not a bundle.");
        }

        if (isTaken && !replace)
        {
            throw new IOException($"{target} exists.");
        }
    }

    private static void WriteFiles(string draft, ModelManifest manifest, IReadOnlyDictionary<string, byte[]> files)
    {
        Directory.CreateDirectory(draft);
        foreach ((string path, byte[] contents) in files)
        {
            string file = Path.Combine(draft, path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllBytes(file, contents);
        }

        byte[] json = JsonSerializer.SerializeToUtf8Bytes(manifest, ModelManifest.Json);
        File.WriteAllBytes(Path.Combine(draft, ModelBundle.ManifestFile), [.. json, (byte)'\n']);
    }

    /// <summary>A folder cannot be moved over another: the old one steps aside first and is put back when the move fails.</summary>
    private static void Place(string draft, string target)
    {
        string? aside = Directory.Exists(target) ? draft + ".old" : null;
        if (aside is not null)
        {
            Directory.Move(target, aside);
        }

        try
        {
            Directory.Move(draft, target);
        }
        catch (IOException) when (aside is not null)
        {
            Directory.Move(aside, target);
            throw;
        }

        if (aside is not null)
        {
            Directory.Delete(aside, recursive: true);
        }
    }
}
