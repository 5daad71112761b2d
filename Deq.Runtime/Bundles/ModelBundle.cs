using System.Security.Cryptography;
using Deq.Runtime.Models;
using Deq.Runtime.Onnx;
using Deq.Runtime.Tasks;

namespace Deq.Runtime.Bundles;

/// <summary>A trained equilibrium model on disk, opened: a folder with a manifest and the graphs it names.</summary>
/// <remarks>A bundle that opens is a bundle that runs. The format is described in docs/bundle-format.md.</remarks>
public sealed class ModelBundle : IDisposable
{
    /// <summary>The manifest's name in the folder.</summary>
    public const string ManifestFile = "manifest.json";

    private readonly ExecutionOptions _options;
    private readonly IReadOnlyList<IModelTask> _tasks;
    private readonly Dictionary<int, ModelBundle> _reopened = [];

    private ModelBundle(
        string directory, ModelManifest manifest, string sha256, OnnxModel model, ExecutionOptions options, IReadOnlyList<IModelTask> tasks) =>
        (Directory, Manifest, Sha256, Model, _options, _tasks) = (directory, manifest, sha256, model, options, tasks);

    /// <summary>The folder, absolute.</summary>
    public string Directory { get; }

    /// <summary>What the bundle promises.</summary>
    public ModelManifest Manifest { get; }

    /// <summary>SHA-256 of the manifest, lower-case hexadecimal: the model's identity, since the manifest hashes every other file.</summary>
    public string Sha256 { get; }

    /// <summary>The model. It belongs to the bundle: dispose its lanes first, then the bundle.</summary>
    public OnnxModel Model { get; }

    /// <summary>Opens a bundle after verifying all of it: manifest, hashes, graphs, and a trial run.</summary>
    /// <param name="directory">The bundle's folder.</param>
    /// <param name="options">On what the graphs run.</param>
    /// <param name="tasks">The tasks that it may name. Default <see cref="ModelTasks.All"/>.</param>
    /// <exception cref="BundleException">The bundle has faults; all of them are named.</exception>
    public static ModelBundle Open(string directory, ExecutionOptions options, IReadOnlyList<IModelTask>? tasks = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentException.ThrowIfNullOrEmpty(directory);
        return Open(directory, options, tasks, tried: null);
    }

    /// <summary>
    /// The model with each run of a graph shared by so many threads: separate sessions, opened from the folder when first asked for, so
    /// that layouts can be compared. It belongs to the bundle like <see cref="Model"/>. Not thread-safe.
    /// </summary>
    /// <param name="intraOpThreads">At least 1; the number that the bundle was opened with gives <see cref="Model"/>.</param>
    /// <exception cref="BundleException">The folder has faults by now, or holds another bundle.</exception>
    public OnnxModel ModelWith(int intraOpThreads)
    {
        if (intraOpThreads == _options.IntraOpThreads)
        {
            return Model;
        }

        if (!_reopened.TryGetValue(intraOpThreads, out ModelBundle? bundle))
        {
            bundle = Same(Open(Directory, _options with { IntraOpThreads = intraOpThreads }, _tasks, Sha256));
            _reopened.Add(intraOpThreads, bundle);
        }

        return bundle.Model;
    }

    /// <summary>The same bundle with sessions of its own, of one owner: the caller.</summary>
    /// <param name="options">On what its graphs run.</param>
    /// <exception cref="BundleException">The folder has faults by now, or holds another bundle.</exception>
    public ModelBundle Reopen(ExecutionOptions options) => Same(Open(Directory, options, _tasks));

    /// <summary>Closes what <see cref="ModelWith"/> opened, but for one number of threads. Lanes of the others must be disposed.</summary>
    public void CloseOthersThan(int intraOpThreads)
    {
        foreach (int threads in _reopened.Keys.Where(threads => threads != intraOpThreads).ToArray())
        {
            _reopened.Remove(threads, out ModelBundle? bundle);
            bundle!.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        CloseOthersThan(0);
        Model.Dispose();
    }

    /// <param name="directory">The folder.</param>
    /// <param name="options">On what the graphs run.</param>
    /// <param name="tasks">The tasks that it may name; null is all.</param>
    /// <param name="tried">The hash of a bundle whose graphs have had their trial on this device: the same bytes need no other.</param>
    private static ModelBundle Open(string directory, ExecutionOptions options, IReadOnlyList<IModelTask>? tasks, string? tried)
    {
        string root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        var faults = new List<string>();
        byte[] json = ReadManifest(root, faults);
        ModelManifest? manifest = faults.Count == 0 ? ManifestReading.Read(json, faults) : null;
        if (manifest is null)
        {
            throw new BundleException(root, faults);
        }

        IReadOnlyList<IModelTask> known = tasks ?? ModelTasks.All;
        ModelContract? contract = ManifestRules.Check(manifest, known, faults);
        HashSet<string> graphFiles = [.. manifest.Parts.Values.Select(part => part.File)];
        IReadOnlyDictionary<string, byte[]> contents = BundleFiles.Verify(root, manifest.Files, graphFiles, faults);
        string sha256 = Convert.ToHexStringLower(SHA256.HashData(json));
        OnnxModel? model = GraphOpening.Open(manifest, contract, contents, options, faults, isTried: sha256 == tried);
        return model is not null
            ? new ModelBundle(root, manifest, sha256, model, options, known)
            : throw new BundleException(root, faults);
    }

    /// <summary>What was opened, where it is this bundle.</summary>
    private ModelBundle Same(ModelBundle bundle)
    {
        if (bundle.Sha256 == Sha256)
        {
            return bundle;
        }

        bundle.Dispose();
        throw new BundleException(Directory, ["the bundle was replaced by another while it was open."]);
    }

    internal static byte[] ReadManifest(string root, List<string> faults)
    {
        string path = Path.Combine(root, ManifestFile);
        if (!System.IO.Directory.Exists(root))
        {
            faults.Add("the folder does not exist.");
        }
        else if (!File.Exists(path))
        {
            faults.Add($"{ManifestFile} is missing.");
        }
        else
        {
            try
            {
                if (BundlePath.Resolve(root, ManifestFile) is not { } file)
                {
                    faults.Add($"{ManifestFile} is a link that leads out of the bundle.");
                }
                else
                {
                    return RegularFile.ReadAllBytes(file);
                }
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                faults.Add($"{ManifestFile} cannot be read: {fault.Message.ReplaceLineEndings(" ")}");
            }
        }

        return [];
    }
}
