using System.Security.Cryptography;
using Deq.Runtime.Onnx;

namespace Deq.Runtime.Bundles;

/// <summary>A trained equilibrium model on disk, opened: a folder with a manifest and the graphs it names.</summary>
/// <remarks>A bundle that opens is a bundle that runs. The format is described in docs/bundle-format.md.</remarks>
public sealed class ModelBundle : IDisposable
{
    /// <summary>The manifest's name in the folder.</summary>
    public const string ManifestFile = "manifest.json";

    private ModelBundle(string directory, ModelManifest manifest, string sha256, OnnxModel model) =>
        (Directory, Manifest, Sha256, Model) = (directory, manifest, sha256, model);

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
    /// <exception cref="BundleException">The bundle has faults; all of them are named.</exception>
    public static ModelBundle Open(string directory, ExecutionOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentException.ThrowIfNullOrEmpty(directory);
        string root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        var faults = new List<string>();
        byte[] json = ReadManifest(root, faults);
        ModelManifest? manifest = faults.Count == 0 ? ManifestReading.Read(json, faults) : null;
        if (manifest is null)
        {
            throw new BundleException(root, faults);
        }

        faults.AddRange(ManifestRules.Faults(manifest));
        faults.AddRange(PartRules.Contracts(manifest));
        HashSet<string> graphFiles = [.. PartRules.Parts(manifest).Select(part => part.Part.File)];
        IReadOnlyDictionary<string, byte[]> contents = BundleFiles.Verify(root, manifest.Files, graphFiles, faults);
        OnnxModel? model = GraphOpening.Open(manifest, contents, options, faults);
        return model is not null
            ? new ModelBundle(root, manifest, Convert.ToHexStringLower(SHA256.HashData(json)), model)
            : throw new BundleException(root, faults);
    }

    /// <inheritdoc/>
    public void Dispose() => Model.Dispose();

    private static byte[] ReadManifest(string root, List<string> faults)
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
                if (BundlePath.Resolve(root, ManifestFile) is not null)
                {
                    return File.ReadAllBytes(path);
                }

                faults.Add($"{ManifestFile} is a link that leads out of the bundle.");
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                faults.Add($"{ManifestFile} cannot be read: {fault.Message.ReplaceLineEndings(" ")}");
            }
        }

        return [];
    }
}
