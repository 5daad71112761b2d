using Deq.Runtime.Models;
using Deq.Runtime.Onnx;
using Deq.Runtime.Tasks;

namespace Deq.Runtime.Bundles;

/// <summary>A folder of bundles.</summary>
public static class ModelDirectory
{
    /// <summary>Opens one bundle of every model in the folder; see <see cref="BundleFolders.In"/>.</summary>
    /// <param name="root">The folder.</param>
    /// <param name="options">On what the graphs run.</param>
    /// <param name="versions">The version to open of a model that has several, by folder; of others the highest.</param>
    /// <param name="tasks">The tasks that bundles may name. Default <see cref="ModelTasks.All"/>.</param>
    /// <param name="ended">Ends the opening before the next bundle.</param>
    /// <exception cref="BundleException">The folder is missing or has no bundle, or bundles have faults or share a name; all are named.</exception>
    /// <exception cref="OperationCanceledException">It was ended.</exception>
    public static IReadOnlyList<ModelBundle> OpenAll(
        string root, ExecutionOptions options, IReadOnlyDictionary<string, int>? versions = null, IReadOnlyList<IModelTask>? tasks = null, CancellationToken ended = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(root);
        string home = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        if (!Directory.Exists(home))
        {
            throw new BundleException(home, ["the folder does not exist."]);
        }

        var bundles = new List<ModelBundle>();
        var faults = new List<string>();
        foreach (string folder in BundleFolders.In(home, versions, faults))
        {
            StopIfAsked(bundles, ended);
            try
            {
                bundles.Add(ModelBundle.Open(folder, options, tasks));
            }
            catch (BundleException fault)
            {
                faults.AddRange(fault.Faults.Select(line => $"{Path.GetRelativePath(home, folder)}: {line}"));
            }
        }

        faults.AddRange(
            from bundle in bundles
            group Path.GetRelativePath(home, bundle.Directory) by bundle.Manifest.Name into twins
            where twins.Count() > 1
            select $"{string.Join(" and ", twins)} both have the name '{twins.Key}'.");
        if (bundles.Count == 0 && faults.Count == 0)
        {
            faults.Add($"no sub-folder has a {ModelBundle.ManifestFile}.");
        }

        if (faults.Count == 0)
        {
            return bundles;
        }

        bundles.ForEach(bundle => bundle.Dispose());
        throw new BundleException(home, faults);
    }

    private static void StopIfAsked(List<ModelBundle> opened, CancellationToken ended)
    {
        if (ended.IsCancellationRequested)
        {
            opened.ForEach(bundle => bundle.Dispose());
            throw new OperationCanceledException(ended);
        }
    }
}
