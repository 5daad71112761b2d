using Deq.Api.Models.Sources;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Runtime.Bundles;

namespace Deq.Api.Models;

/// <summary>Loads, reloads and unloads models while the server runs, one at a time. Requests never meet a model that is not wholly open.</summary>
internal sealed class ModelLifecycle(ModelCatalogue models, ModelOpener opener, IEnumerable<ModelCheck> checks, SourceSettings sources, SourceCache cache, ILogger<ModelLifecycle> logger) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>Opens the model of that name in the folder of bundles, or what was fetched of the source of that name, and serves it instead of the one that there is.</summary>
    /// <exception cref="ProblemException">There is no such bundle, or it has faults; the model that is served stays as it was.</exception>
    public async Task LoadAsync(string name, CancellationToken cancellation)
    {
        string[] folders = await Task.Run(() => FoldersOf(name), cancellation);
        string folder = folders switch
        {
            [var one] => one,
            [] => throw new ProblemException(ProblemKinds.ModelFaulty, $"failed to load the model, failed to poll from model repository: no bundle has the name '{name.Shorten()}'."),
            _ => throw new ProblemException(ProblemKinds.ModelFaulty, $"failed to load the model: {string.Join(" and ", folders.Select(each => Path.GetRelativePath(opener.Folder ?? each, each)))} both have its name."),
        };
        try
        {
            await LoadFolderAsync(folder, cancellation);
        }
        catch (BundleException faults)
        {
            throw new ProblemException(ProblemKinds.ModelFaulty, $"failed to load the model: {string.Join(' ', faults.Faults)}").With("faults", faults.Faults);
        }
    }

    /// <summary>Opens a bundle, serves it, and gives the model's name.</summary>
    /// <exception cref="BundleException">It has faults.</exception>
    public async Task<string> LoadFolderAsync(string folder, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            ServedModel model = await Task.Run(() => opener.Open(folder, checks), cancellation);
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

    private string[] FoldersOf(string name) =>
    [
        .. opener.Bundles.Where(bundle => bundle.Name == name).Select(bundle => bundle.Folder),
        .. sources.All.Where(source => source.Name == name).Select(cache.Find).OfType<string>(),
    ];

    public void Dispose() => _turn.Dispose();

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
