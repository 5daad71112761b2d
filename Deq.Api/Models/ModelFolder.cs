using System.Text.Json;
using Deq.Api.Settings;
using Deq.Runtime.Bundles;
using Deq.Runtime.Models;

namespace Deq.Api.Models;

/// <summary>Finds the folder of bundles, one folder per model.</summary>
internal static class ModelFolder
{
    /// <summary>The name looked for when no folder is set.</summary>
    public const string Name = "models";

    private const string Manifest = "manifest.json";

    /// <summary>Folders within a bundle that are looked into; links can lead round in a circle.</summary>
    private const int MostDepth = 8;

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

    /// <summary>The bundles of a folder, by the names in their manifests, those with a <see cref="BundleFolder.Fault"/> among them. Names of folders that begin with a dot are left out.</summary>
    /// <param name="folder">The folder; null has none.</param>
    /// <param name="versions">The version to take, by folder; of others the highest. Default null: of all.</param>
    public static IReadOnlyList<BundleFolder> BundlesIn(string? folder, IReadOnlyDictionary<string, int>? versions = null) =>
        folder is null ? [] : [.. BundleFolders.In(folder, versions).Select(bundle => Read(folder, bundle))];

    /// <summary>A bundle's folder; one without a manifest has a fault too.</summary>
    /// <param name="root">The folder of bundles.</param>
    /// <param name="folder">The bundle.</param>
    public static BundleFolder Read(string root, string folder)
    {
        int? number = BundleFolders.VersionIn(folder, root);
        var bundle = new BundleFolder(folder, number is null ? folder : Path.GetDirectoryName(folder)!, number ?? 0);
        try
        {
            var manifest = new FileInfo(Path.Combine(folder, Manifest));
            if (!manifest.Exists)
            {
                return bundle with { Fault = $"it has no {Manifest}." };
            }

            bundle = bundle with { Written = manifest.LastWriteTimeUtc, Length = manifest.Length };
            if (manifest.Length == 0)
            {
                return bundle with { Fault = $"its {Manifest} is empty." };
            }

            using JsonDocument json = JsonDocument.Parse(RegularFile.ReadAllBytes(manifest.FullName));
            return NameIn(json.RootElement) is { Length: > 0 } name ? bundle with { Name = name, Files = FilesOf(folder) } : bundle with { Fault = $"its {Manifest} has no name." };
        }
        catch (JsonException fault)
        {
            return bundle with { Fault = $"its {Manifest} is no JSON, or not all of it: {JsonFault.TextOf(fault)}." };
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            return bundle with { Fault = $"its {Manifest} cannot be read: {fault.Message}" };
        }
    }

    /// <summary>Whether a folder has a bundle.</summary>
    public static bool HoldsBundle(string folder) =>
        Directory.Exists(folder) && BundleFolders.In(folder).Count > 0;

    /// <summary>Changes with every file that is written, and while one grows.</summary>
    private static (DateTime Written, long Length) FilesOf(string folder)
    {
        FileInfo[] files = new DirectoryInfo(folder).GetFiles("*", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = MostDepth });
        return (files.Max(file => file.LastWriteTimeUtc), files.Sum(file => file.Length));
    }

    private static string? NameIn(JsonElement manifest) =>
        manifest.ValueKind == JsonValueKind.Object && manifest.TryGetProperty("name", out JsonElement name) && name.ValueKind == JsonValueKind.String ? name.GetString() : null;

    private static IEnumerable<string> SelfAndAbove(string place)
    {
        for (DirectoryInfo? folder = new(Path.GetFullPath(place)); folder is not null; folder = folder.Parent)
        {
            yield return folder.FullName;
        }
    }
}

/// <summary>A bundle in the folder of bundles, or what is there instead.</summary>
/// <param name="Folder">Its folder, absolute.</param>
/// <param name="Home">The folder of the model: the bundle's, or the one with the versions.</param>
/// <param name="Number">Of the version; 0 where the model's folder is the bundle itself.</param>
internal sealed record BundleFolder(string Folder, string Home, int Number)
{
    /// <summary>The model's name, as the manifest has it; empty where it cannot be read.</summary>
    public string Name { get; init; } = "";

    /// <summary>When the manifest was written last.</summary>
    public DateTime Written { get; init; }

    /// <summary>Bytes of the manifest.</summary>
    public long Length { get; init; }

    /// <summary>When the last of all files was written, and their bytes; of a bundle without a fault.</summary>
    public (DateTime Written, long Length) Files { get; init; }

    /// <summary>Whether its manifest is that of another, and with it the hash of every file.</summary>
    public bool HasManifestOf(BundleFolder? other) => other is not null && this with { Files = other.Files } == other;

    /// <summary>Why its manifest cannot be read: half written, or on its way out. Null where it can.</summary>
    public string? Fault { get; init; }

    /// <summary>The versions that are beside it, itself among them; none where it is the only one and has no number.</summary>
    public IReadOnlyList<int> Versions => BundleFolders.VersionsIn(Path.GetDirectoryName(Folder)!) is { } beside && beside.Any(version => Path.GetFileName(Folder) == $"{version}") ? beside : [];
}
