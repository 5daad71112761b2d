using Deq.Api.Models.Sources;
using Deq.Api.Observability;
using Deq.Api.Problems;
using Deq.Runtime.Bundles;

namespace Deq.Api.Models;

/// <summary>Looks at the folder of bundles now and then, and loads, reloads and unloads what has come, changed and gone.</summary>
/// <remarks>
/// A manifest names the hash of every other file, so a bundle has changed when its manifest has. One of whose files any changes between two looks is still being written,
/// and one that could not be loaded is tried again when any has changed.
/// What is served stays while there is a folder for it, whatever is in it; only a folder that is gone takes its model along.
/// </remarks>
internal sealed class ModelWatch(
    ModelSettings settings, SourceSettings sources, ModelOpener opener, ModelLifecycle lifecycle, TimeProvider clock, ILogger<ModelWatch> logger) : BackgroundService
{
    /// <summary>What was tried last, by the model's folder; a fault is logged once, a bundle loaded once.</summary>
    private readonly Dictionary<string, BundleFolder> _tried = new(StringComparer.Ordinal);

    /// <summary>What was loaded last, by the model's folder.</summary>
    private readonly Dictionary<string, BundleFolder> _loaded = new(StringComparer.Ordinal);
    private Dictionary<string, BundleFolder> _last = new(StringComparer.Ordinal);
    private bool _isBlind;

    /// <summary>Takes what was there when the server opened its models as loaded.</summary>
    public void Begin()
    {
        foreach (BundleFolder bundle in opener.Opened)
        {
            _tried[bundle.Home] = _loaded[bundle.Home] = _last[bundle.Home] = bundle;
        }
    }

    /// <summary>Looks once, and does what is to be done.</summary>
    public async Task LookAsync(CancellationToken cancellation)
    {
        Dictionary<string, BundleFolder> now = Look();
        foreach ((string home, BundleFolder bundle) in now)
        {
            if (_tried.GetValueOrDefault(home) != bundle && _last.GetValueOrDefault(home) == bundle)
            {
                _tried[home] = bundle;
                await TakeAsync(bundle, now, cancellation);
            }
        }

        foreach (string gone in _tried.Keys.Where(home => !now.ContainsKey(home) && !_last.ContainsKey(home)).ToArray())
        {
            _tried.Remove(gone);
            if (_loaded.Remove(gone, out BundleFolder? bundle) && _loaded.Values.All(other => other.Name != bundle.Name))
            {
                await UnloadAsync(bundle.Name, cancellation);
            }
        }

        _last = now;
    }

    /// <summary>Looks once; where the folder cannot be looked at, says so the first time, however often it is tried.</summary>
    public async Task TryLookAsync(CancellationToken cancellation)
    {
        try
        {
            await LookAsync(cancellation);
            _isBlind = false;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            if (!_isBlind)
            {
                logger.LogError("{Folder} cannot be looked at, and the models stay as they are: {Fault}", opener.Folder, fault.Message);
            }

            _isBlind = true;
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (settings.WatchEvery is not { } period || opener.Folder is null)
        {
            return Task.CompletedTask;
        }

        Begin();
        return logger.RepeatAsync(period, clock, () => TryLookAsync(stoppingToken), "Models are neither loaded nor unloaded", stoppingToken);
    }

    /// <summary>What there is for each model. A folder that was loaded and lacks its manifest is being copied anew, and no lower version stands in for it. One that cannot be read is still there.</summary>
    private Dictionary<string, BundleFolder> Look()
    {
        var now = opener.Found.ToDictionary(bundle => bundle.Home, StringComparer.Ordinal);
        foreach (BundleFolder loaded in _loaded.Values.Where(loaded => !now.TryGetValue(loaded.Home, out BundleFolder? found) || found.Number < loaded.Number))
        {
            if (Directory.Exists(loaded.Folder) || BundleFolders.IsUnreadable(loaded.Home))
            {
                now[loaded.Home] = ModelFolder.Read(opener.Folder!, loaded.Folder);
            }
        }

        return now;
    }

    private async Task TakeAsync(BundleFolder bundle, Dictionary<string, BundleFolder> now, CancellationToken cancellation)
    {
        if (FaultOf(bundle, now) is { } fault)
        {
            logger.LogError("{Folder} is not loaded, and what is served stays: {Fault}", bundle.Folder, fault);
        }
        else if (!bundle.HasManifestOf(_loaded.GetValueOrDefault(bundle.Home)))
        {
            await LoadAsync(bundle, cancellation);
        }
    }

    /// <summary>What keeps a bundle from being loaded; a name that is another folder's or a source's, or another than the folder had, would take requests from what is served.</summary>
    private string? FaultOf(BundleFolder bundle, Dictionary<string, BundleFolder> now)
    {
        if (bundle.Fault is { } fault)
        {
            return fault;
        }

        if (sources.All.Any(source => source.Name == bundle.Name))
        {
            return $"its manifest has the name '{bundle.Name}', which is that of Models:Sources:{bundle.Name}.";
        }

        if (_loaded.TryGetValue(bundle.Home, out BundleFolder? before) && before.Name != bundle.Name && lifecycle.Serves(before.Name))
        {
            return $"its manifest has the name '{bundle.Name}', and the model of this folder is '{before.Name}'; another model needs a folder of its own.";
        }

        return _loaded.Values.FirstOrDefault(other => other.Home != bundle.Home && other.Name == bundle.Name && now.ContainsKey(other.Home)) is { } twin
            ? $"its manifest has the name '{bundle.Name}', which is that of {twin.Folder}."
            : null;
    }

    private async Task LoadAsync(BundleFolder bundle, CancellationToken cancellation)
    {
        try
        {
            string name = await lifecycle.LoadFolderAsync(bundle.Folder, sha256: null, cancellation);
            _loaded[bundle.Home] = bundle with { Name = name };
        }
        catch (BundleException faults)
        {
            logger.LogError("{Folder} is not loaded, and what is served stays: {Faults}", bundle.Folder, string.Join(' ', faults.Faults));
        }
        catch (Exception fault) when (!cancellation.IsCancellationRequested)
        {
            logger.LogError(fault, "{Folder} is not loaded for an unexpected fault, and what is served stays", bundle.Folder);
        }
    }

    private async Task UnloadAsync(string name, CancellationToken cancellation)
    {
        try
        {
            await lifecycle.UnloadAsync(name, cancellation);
        }
        catch (ProblemException problem) when (problem.Kind == ProblemKinds.ModelNotFound)
        {
            logger.LogInformation("{Model} was unloaded before its folder went", name);
        }
    }
}
