using Deq.Api.Settings;
using Deq.Runtime.Bundles;

namespace Deq.Api.Models.Sources;

/// <summary>Opens at start what the cache has of the sources; the rest is fetched later.</summary>
internal sealed class CachedSources(SourceSettings settings, SourceCache cache, SourceStates states, ModelOpener opener, ILogger<CachedSources> logger)
{
    /// <summary>The models of the sources in the cache.</summary>
    /// <param name="others">Names of the models that are served beside them.</param>
    /// <exception cref="StartupException">A source has the name of one of those.</exception>
    public IReadOnlyList<ServedModel> Open(IReadOnlyList<string> others)
    {
        string[] twice = [.. settings.All.Select(source => source.Name).Intersect(others, StringComparer.Ordinal)];
        if (twice.Length > 0)
        {
            throw new StartupException([.. twice.Select(name => $"Models:Sources:{name} has the name of a model in {opener.Folder}.")]);
        }

        List<ServedModel> models = [];
        foreach (ModelSource source in settings.All)
        {
            try
            {
                // A name other than the source's is a fault that loading names.
                if (cache.Find(source) is { } folder && BundleListing.Read(folder).Name == source.Name)
                {
                    models.Add(opener.Open(folder, [], source.Sha256));
                    states.Set(SourceState.Loaded(source.Name));
                }
            }
            catch (BundleException faults)
            {
                states.Set(new SourceState(source.Name, SourceState.Faulty, string.Join(' ', faults.Faults)));
                logger.LogError("Source {Source} is not loaded: {Faults}", source.Name, string.Join(' ', faults.Faults));
            }
        }

        return models;
    }
}
