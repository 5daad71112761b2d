using Deq.Api.Problems;
using Deq.Runtime.Bundles;

namespace Deq.Api.Models;

/// <summary>Looks at the folder of bundles now and then, and loads, reloads and unloads what has come, changed and gone.</summary>
/// <remarks>A manifest names the hash of every other file, so a bundle has changed when its manifest has. One that changes between two looks is still being written.</remarks>
internal sealed class ModelWatch(
    ModelSettings settings, ModelOpener opener, ModelLifecycle lifecycle, TimeProvider clock, ILogger<ModelWatch> logger) : BackgroundService
{
    private readonly Dictionary<string, BundleFolder> _seen = new(StringComparer.Ordinal);
    private Dictionary<string, BundleFolder> _last = new(StringComparer.Ordinal);
    private bool _isBlind;

    /// <summary>Takes what was there when the server opened its models as loaded.</summary>
    public void Begin()
    {
        foreach (BundleFolder bundle in opener.Opened)
        {
            _seen[bundle.Folder] = _last[bundle.Folder] = bundle;
        }
    }

    /// <summary>Looks once, and does what is to be done.</summary>
    public async Task LookAsync(CancellationToken cancellation)
    {
        var now = opener.Bundles.ToDictionary(bundle => bundle.Folder, StringComparer.Ordinal);
        foreach ((string folder, BundleFolder bundle) in now)
        {
            if (_seen.GetValueOrDefault(folder) != bundle && _last.GetValueOrDefault(folder) == bundle)
            {
                _seen[folder] = bundle;
                await LoadAsync(folder, cancellation);
            }
        }

        foreach (BundleFolder gone in _seen.Values.Where(bundle => !now.ContainsKey(bundle.Folder) && !_last.ContainsKey(bundle.Folder)).ToArray())
        {
            _seen.Remove(gone.Folder);
            if (now.Values.All(bundle => bundle.Name != gone.Name))
            {
                await UnloadAsync(gone.Name, cancellation);
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

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (settings.WatchEvery is not { } period || opener.Folder is null)
        {
            return;
        }

        Begin();
        using var timer = new PeriodicTimer(period, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await TryLookAsync(stoppingToken);
        }
    }

    private async Task LoadAsync(string folder, CancellationToken cancellation)
    {
        try
        {
            await lifecycle.LoadFolderAsync(folder, cancellation);
        }
        catch (BundleException faults)
        {
            logger.LogError("{Folder} is not loaded: {Faults}", folder, string.Join(' ', faults.Faults));
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
