using Deq.Runtime.Bundles;
using Polly;
using Polly.Retry;

namespace Deq.Api.Models.Sources;

/// <summary>Fetches and loads the models of sources while the server runs, and tries again until each is there.</summary>
internal sealed class SourceLoading(
    SourceSettings settings, SourceFetch fetch, SourceStates states, ModelLifecycle lifecycle, TimeProvider clock, ILogger<SourceLoading> logger) : BackgroundService
{
    private static readonly TimeSpan s_delay = TimeSpan.FromSeconds(2);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(states.Awaited.Where(state => state.State != SourceState.Faulty).Select(state => LoadAsync(settings.All.First(source => source.Name == state.Name), stoppingToken)));

    private async Task LoadAsync(ModelSource source, CancellationToken cancellation)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        ResiliencePipeline<bool> untilItIsThere = new ResiliencePipelineBuilder<bool> { TimeProvider = clock }
            .AddRetry(new RetryStrategyOptions<bool>
            {
                ShouldHandle = new PredicateBuilder<bool>().HandleResult(isDone => !isDone),
                MaxRetryAttempts = int.MaxValue,
                Delay = s_delay < settings.RetryAfter ? s_delay : settings.RetryAfter,
                MaxDelay = settings.RetryAfter,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
            })
            .Build();
        await untilItIsThere.ExecuteAsync(async token => await TryAsync(source, token), cancellation);
    }

    /// <summary>Whether nothing is left to be done.</summary>
    private async Task<bool> TryAsync(ModelSource source, CancellationToken cancellation)
    {
        try
        {
            states.Set(new SourceState(source.Name, SourceState.Loading, ""));
            string folder = await fetch.FetchAsync(source, cancellation);
            await lifecycle.LoadFolderAsync(folder, source.Sha256, cancellation);
            states.Set(SourceState.Loaded(source.Name));
            return true;
        }
        catch (BundleException faults)
        {
            states.Set(new SourceState(source.Name, SourceState.Faulty, string.Join(' ', faults.Faults)));
            logger.LogError("Source {Source} at {Place} is not loaded: {Faults}", source.Name, source.Place, string.Join(' ', faults.Faults));
            return true;
        }
        catch (Exception fault) when (fault is SourceException or IOException or UnauthorizedAccessException)
        {
            states.Set(new SourceState(source.Name, SourceState.Waiting, fault is SourceException ? fault.Message : "it cannot be written."));
            logger.LogWarning("Source {Source} at {Place} is not fetched and will be asked again: {Reason}", source.Name, source.Place, fault.Message);
            return false;
        }
        catch (Exception fault) when (!cancellation.IsCancellationRequested)
        {
            // A fault that is not foreseen is one source's: others are served, and the server does not end.
            states.Set(new SourceState(source.Name, SourceState.Waiting, "an unexpected fault."));
            logger.LogError(fault, "Source {Source} at {Place} is not loaded for an unexpected fault, and will be asked again", source.Name, source.Place);
            return false;
        }
    }
}
