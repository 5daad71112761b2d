using Deq.Runtime.Models;

namespace Deq.Runtime.Bundles;

/// <summary>What a bundle's manifest says of its files, without opening any graph: for programs that copy bundles.</summary>
public static class BundleListing
{
    /// <summary>The manifest of a bundle whose other files may be missing. Its paths lie inside the bundle, its hashes are SHA-256.</summary>
    /// <param name="directory">The bundle's folder.</param>
    /// <exception cref="BundleException">The manifest cannot be read, or names files as it must not.</exception>
    public static ModelManifest Read(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        List<string> faults = [];
        ModelManifest? manifest = Manifest(directory, faults);
        faults.AddRange(manifest is null ? [] : ManifestRules.Files(manifest));
        return manifest is not null && faults.Count == 0 ? manifest : throw new BundleException(directory, faults);
    }

    /// <summary>Files that are missing, altered or not listed, one sentence each.</summary>
    /// <param name="directory">The bundle's folder.</param>
    public static IReadOnlyList<string> Faults(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        List<string> faults = [];
        if (Manifest(directory, faults) is { } manifest)
        {
            BundleFiles.Verify(directory, manifest.Files, new HashSet<string>(), faults);
        }

        return faults;
    }

    private static ModelManifest? Manifest(string directory, List<string> faults)
    {
        byte[] json = ModelBundle.ReadManifest(directory, faults);
        return faults.Count == 0 ? ManifestReading.Read(json, faults) : null;
    }
}
