using System.Text.Json;
using Deq.Api.Settings;
using Deq.Runtime.Bundles;

namespace Deq.Api.Models;

/// <summary>Finds the folder of bundles, one folder per model.</summary>
internal static class ModelFolder
{
    /// <summary>The name looked for when no folder is set.</summary>
    public const string Name = "models";

    private const string Manifest = "manifest.json";

    /// <summary>The folder set, or the nearest <c>models</c> that holds a bundle, in one of the places or above it.</summary>
    /// <param name="configured">As set; relative to the first place. Null: look for one.</param>
    /// <param name="places">Where to start looking, in this order.</param>
    /// <param name="mayBeEmpty">Whether the folder set may be without a bundle, and none need be found.</param>
    /// <returns>Null where none is set and none found.</returns>
    /// <exception cref="StartupException">There is none.</exception>
    public static string? Find(string? configured, IReadOnlyList<string> places, bool mayBeEmpty = false)
    {
        if (configured is not null)
        {
            string folder = Path.GetFullPath(configured, places[0]);
            return HoldsBundle(folder) || (mayBeEmpty && Directory.Exists(folder))
                ? folder
                : throw new StartupException(
                    $"Models:Directory is '{folder}', where there is no model: it must hold a folder with a {Manifest} for each model.");
        }

        return places.SelectMany(SelfAndAbove).Select(place => Path.Combine(place, Name)).FirstOrDefault(HoldsBundle)
            ?? (mayBeEmpty ? null : throw new StartupException(
                $"There are no models: no folder '{Name}' with a model (a folder with a {Manifest}) is in or above "
                + $"{string.Join(" or ", places.Distinct())}. Set Models:Directory to say where they are."));
    }

    /// <summary>The bundles of a folder, by the names in their manifests. Manifests that cannot be read are left out; names of folders that begin with a dot too.</summary>
    /// <param name="folder">The folder; null has none.</param>
    /// <param name="versions">The version to take, by folder; of others the highest. Default null: of all.</param>
    public static IReadOnlyList<BundleFolder> BundlesIn(string? folder, IReadOnlyDictionary<string, int>? versions = null)
    {
        if (folder is null)
        {
            return [];
        }

        List<BundleFolder> bundles = [];
        foreach (string bundle in BundleFolders.In(folder, versions))
        {
            try
            {
                var manifest = new FileInfo(Path.Combine(bundle, Manifest));
                if (manifest.Exists)
                {
                    using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(manifest.FullName));
                    bundles.Add(new BundleFolder(bundle, json.RootElement.GetProperty("name").GetString() ?? "", manifest.LastWriteTimeUtc, manifest.Length));
                }
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException or KeyNotFoundException)
            {
                // Half written, or on its way out.
            }
        }

        return bundles;
    }

    /// <summary>Whether a folder has a bundle.</summary>
    public static bool HoldsBundle(string folder) =>
        Directory.Exists(folder) && BundleFolders.In(folder).Count > 0;

    private static IEnumerable<string> SelfAndAbove(string place)
    {
        for (DirectoryInfo? folder = new(Path.GetFullPath(place)); folder is not null; folder = folder.Parent)
        {
            yield return folder.FullName;
        }
    }
}

/// <summary>A bundle in the folder of bundles.</summary>
/// <param name="Folder">Its folder, absolute.</param>
/// <param name="Name">The model's name, as the manifest has it.</param>
/// <param name="Written">When the manifest was written last.</param>
/// <param name="Length">Bytes of the manifest.</param>
internal sealed record BundleFolder(string Folder, string Name, DateTime Written, long Length)
{
    /// <summary>The versions that are beside it, itself among them; none where it is the only one and has no number.</summary>
    public IReadOnlyList<int> Versions => BundleFolders.VersionsIn(Path.GetDirectoryName(Folder)!) is { } beside && beside.Any(version => Path.GetFileName(Folder) == $"{version}") ? beside : [];
}
