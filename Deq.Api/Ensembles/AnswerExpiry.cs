namespace Deq.Api.Ensembles;

/// <summary>Drops answers that got no feedback for long.</summary>
internal sealed class AnswerExpiry(EnsembleCatalogue ensembles, IServiceProvider services, EnsembleSettings settings, TimeProvider clock) : BackgroundService
{
    private static readonly TimeSpan s_every = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (ensembles.All.Count == 0)
        {
            return;
        }

        TrustStore store = services.GetRequiredService<TrustStore>();
        using var timer = new PeriodicTimer(s_every, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await store.Forget(settings.KeepsAnswers);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops.
        }
    }
}
