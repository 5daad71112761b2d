using Deq.Api.Models.Sources;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Runtime.Bundles;

namespace Deq.Api.Models;

/// <summary>Loads, reloads and unloads models while the server runs, one at a time. Requests never meet a model that is not wholly open.</summary>
internal sealed class ModelLifecycle(
    ModelCatalogue models, ModelOpener opener, IEnumerable<ModelCheck> checks, SourceSettings sources, SourceFetch fetch, SourceStates states, ILogger<ModelLifecycle> logger) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>
    /// Opens the model of that name in the folder of bundles, or that of the source of that name, and serves it instead of the one that there is. A source is fetched where the
    /// cache has no whole bundle of it.
    /// </summary>
    /// <exception cref="ProblemException">There is no such bundle, it has faults, or it cannot be fetched; the model that is served stays as it was.</exception>
    public async Task LoadAsync(string name, CancellationToken cancellation)
    {
        string[] folders = await Task.Run(() => FoldersOf(name), cancellation);
        ModelSource? source = sources.All.FirstOrDefault(each => each.Name == name);
        Task load = (folders, source) switch
        {
            ([var folder], null) => LoadFolderAsync(folder, sha256: null, cancellation),
            ([], { } only) => LoadSourceAsync(only, cancellation),
            ([], null) => throw new ProblemException(ProblemKinds.ModelFaulty, $"failed to load the model, failed to poll from model repository: no bundle has the name '{name.Shorten()}'."),
            _ => throw new ProblemException(ProblemKinds.ModelFaulty, $"failed to load the model: {string.Join(" and ", PlacesOf(folders, source))} both have its name."),
        };
        try
        {
            await load;
        }
        catch (BundleException faults)
        {
            throw new ProblemException(ProblemKinds.ModelFaulty, $"failed to load the model: {string.Join(' ', faults.Faults)}").With("faults", faults.Faults);
        }
    }

    /// <summary>Opens a bundle, serves it, and gives the model's name.</summary>
    /// <param name="folder">The bundle.</param>
    /// <param name="sha256">The hash that it must have; null: any.</param>
    /// <param name="cancellation">Ends the wait for what is being loaded before it.</param>
    /// <exception cref="BundleException">It has faults, or another hash.</exception>
    public async Task<string> LoadFolderAsync(string folder, string? sha256, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            ServedModel model = await Task.Run(() => opener.Open(folder, checks, sha256), cancellation);
            _ = ObserveAsync(models.PutAsync(model), model.Manifest.Name);
            logger.LogInformation("Loaded {Model} {Version} ({Sha256})", model.Manifest.Name, model.Version, model.Sha256);
            return model.Manifest.Name;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Whether a model of that name is served.</summary>
    public bool Serves(string name) => models.Has(name);

    /// <summary>Takes a model out.</summary>
    /// <exception cref="ProblemException">There is none of that name.</exception>
    public async Task UnloadAsync(string name, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            _ = ObserveAsync(models.RemoveAsync(name), name);
            logger.LogInformation("Unloaded {Model}", name);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    /// <exception cref="BundleException">The bundle has faults.</exception>
    /// <exception cref="ProblemException">It cannot be fetched.</exception>
    private async Task LoadSourceAsync(ModelSource source, CancellationToken cancellation)
    {
        string folder;
        try
        {
            // On another thread, for it begins by hashing what the cache has.
            folder = await Task.Run(() => fetch.FetchAsync(source, cancellation), cancellation);
        }
        catch (Exception fault) when (fault is SourceException or IOException or UnauthorizedAccessException)
        {
            logger.LogWarning("Source {Source} at {Place} is not fetched, and what is served stays: {Reason}", source.Name, source.Place, fault.Message);
            string reason = fault is SourceException ? fault.Message : "it cannot be written.";
            throw new ProblemException(ProblemKinds.ModelFaulty, $"failed to load the model: its source is not fetched: {reason}");
        }

        await LoadFolderAsync(folder, source.Sha256, cancellation);
        states.Set(SourceState.Loaded(source.Name));
    }

    private string[] FoldersOf(string name) => [.. opener.Bundles.Where(bundle => bundle.Name == name).Select(bundle => bundle.Folder)];

    private IEnumerable<string> PlacesOf(string[] folders, ModelSource? source)
    {
        IEnumerable<string> names = folders.Select(folder => Path.GetRelativePath(opener.Folder ?? folder, folder));
        return source is null ? names : names.Append($"Models:Sources:{source.Name}");
    }

    /// <summary>Logs what goes wrong while a model is closed: the requests that it had have been answered.</summary>
    private async Task ObserveAsync(Task closing, string model)
    {
        try
        {
            await closing;
        }
        catch (Exception fault)
        {
            logger.LogError(fault, "Closing {Model} failed", model);
        }
    }
}
