using System.Globalization;

namespace Deq.Runtime.Bundles;

/// <summary>Where a folder of models has its bundles: <c>model/manifest.json</c>, or <c>model/version/manifest.json</c> with versions that are whole numbers.</summary>
public static class BundleFolders
{
    /// <summary>One bundle for each model, in the order of their folders: its own folder, or that of the version that is served. Names that begin with a dot, and folders that cannot be read, are left alone.</summary>
    /// <param name="root">The folder of models.</param>
    /// <param name="versions">The version to take, by folder; of others the highest. Default null: of all.</param>
    /// <param name="faults">Receives what is wrong, one sentence each. Default null: such folders are left out, a folder with both is taken by its versions, and versions of folders that there are not are ignored.</param>
    public static IReadOnlyList<string> In(string root, IReadOnlyDictionary<string, int>? versions = null, ICollection<string>? faults = null)
    {
        List<string> found = [];
        HashSet<string> unmatched = versions is null ? [] : [.. versions.Keys];
        foreach (string folder in ModelsIn(root))
        {
            string name = Path.GetFileName(folder);
            IReadOnlyList<int> numbers = VersionsIn(folder);
            if (numbers.Count == 0)
            {
                found.AddRange(HasManifest(folder) ? [folder] : []);
                continue;
            }

            unmatched.Remove(name);
            if (HasManifest(folder))
            {
                faults?.Add($"{name}: it has a {ModelBundle.ManifestFile} and the versions {string.Join(", ", numbers)}; move the bundle into a version's folder, or the versions elsewhere.");
            }

            int served = versions is not null && versions.TryGetValue(name, out int pinned) ? pinned : numbers[^1];
            if (numbers.Contains(served))
            {
                found.Add(Path.Combine(folder, NameOf(served)));
            }
            else
            {
                faults?.Add($"{name}: the version {served} is to be served; there are {string.Join(", ", numbers)}.");
            }
        }

        foreach (string name in unmatched.Order(StringComparer.Ordinal))
        {
            faults?.Add($"{name}: the version {versions![name]} is to be served, and there is no folder of that name with versions.");
        }

        return found;
    }

    /// <summary>The versions of a model's folder, the lowest first; none where it is a bundle itself, is gone or cannot be read.</summary>
    public static IReadOnlyList<int> VersionsIn(string folder)
    {
        try
        {
            return [.. Directory.EnumerateDirectories(folder).Where(HasManifest).Select(VersionOf).OfType<int>().Order()];
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // The lost+found of a volume's root, or a folder that was deleted meanwhile: the other models do not depend on it.
            return [];
        }
    }

    /// <summary>The folders of a folder of models that are there and cannot be read. Names that begin with a dot are left alone.</summary>
    /// <param name="root">The folder of models.</param>
    public static IReadOnlyList<string> UnreadableIn(string root) => [.. ModelsIn(root).Where(IsUnreadable)];

    /// <summary>Whether a folder is there and cannot be read, such as for want of permission.</summary>
    public static bool IsUnreadable(string folder)
    {
        try
        {
            _ = Directory.EnumerateDirectories(folder).Any();
            return false;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return Directory.Exists(folder);
        }
    }

    /// <summary>The version of a bundle's folder within a folder of models; null where it has none.</summary>
    /// <param name="bundle">The bundle's folder.</param>
    /// <param name="root">The folder of models.</param>
    public static int? VersionIn(string bundle, string root) =>
        Path.GetDirectoryName(Path.GetDirectoryName(bundle)) == Path.TrimEndingDirectorySeparator(root) ? VersionOf(bundle) : null;

    private static IOrderedEnumerable<string> ModelsIn(string root) =>
        Directory.EnumerateDirectories(root).Where(each => Path.GetFileName(each)[0] != '.').Order(StringComparer.Ordinal);

    /// <summary>A number as folders are named by it, without leading zeros; null of any other name.</summary>
    private static int? VersionOf(string folder) =>
        int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= 1 && NameOf(number) == Path.GetFileName(folder)
            ? number
            : null;

    private static string NameOf(int version) => version.ToString(CultureInfo.InvariantCulture);

    private static bool HasManifest(string folder) => File.Exists(Path.Combine(folder, ModelBundle.ManifestFile));
}
