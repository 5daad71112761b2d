using Deq.Runtime.Bundles;
using Deq.Runtime.Models;

namespace Deq.Api.Models.Sources;

/// <summary>Brings a bundle into the cache, whole or not at all.</summary>
internal sealed class SourceFetch(SourceCalls calls, SourceCache cache, SourceSettings settings)
{
    private const int ManifestBytes = 4 << 20;

    /// <summary>The folder of the bundle in the cache, all of whose files have their hashes; fetched where the cache has none.</summary>
    /// <exception cref="SourceException">It could not be fetched.</exception>
    /// <exception cref="BundleException">Its manifest has faults, or another name than the source.</exception>
    /// <exception cref="IOException">It could not be written.</exception>
    public async Task<string> FetchAsync(ModelSource source, CancellationToken cancellation)
    {
        string folder = cache.Find(source) ?? await FetchAnewAsync(source, cancellation);
        string name = BundleListing.Read(folder).Name;
        return name == source.Name ? folder : throw new BundleException(folder, [$"the model's name is '{name}'; the source is '{source.Name}'."]);
    }

    private async Task<string> FetchAnewAsync(ModelSource source, CancellationToken cancellation)
    {
        string folder = cache.Begin();
        try
        {
            var first = new SourceFile(ModelBundle.ManifestFile, source.Sha256, Math.Min(ManifestBytes, settings.BundleBytes));
            long left = settings.BundleBytes - await calls.FetchAsync(source, first, Path.Combine(folder, first.Path), cancellation);
            ModelManifest manifest = BundleListing.Read(folder);
            foreach ((string path, string sha256) in manifest.Files)
            {
                string target = Path.Combine(folder, path);
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                left -= await calls.FetchAsync(source, new SourceFile(path, sha256, left), target, cancellation);
            }

            return cache.Enter(folder, source);
        }
        finally
        {
            cache.Delete(folder);
        }
    }
}
