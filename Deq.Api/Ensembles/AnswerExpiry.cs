using Deq.Api.Observability;

namespace Deq.Api.Ensembles;

/// <summary>Drops answers that got no feedback for long.</summary>
internal sealed class AnswerExpiry(EnsembleCatalogue ensembles, IServiceProvider services, EnsembleSettings settings, TimeProvider clock, ILogger<AnswerExpiry> logger) : BackgroundService
{
    private static readonly TimeSpan s_every = TimeSpan.FromHours(1);

    /// <summary>Without ensembles there is no store, and none is made.</summary>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => ensembles.All.Count == 0 ? Task.CompletedTask : logger.RepeatAsync(
        s_every, clock, () => services.GetRequiredService<TrustStore>().Forget(settings.KeepsAnswers), "Answers without feedback are not dropped", stoppingToken);
}
