namespace Deq.Api.Models;

/// <summary>Lets the engines finish what was accepted before the process ends. The web server stops first, because it starts last.</summary>
internal sealed class EngineLifetime(ModelCatalogue catalogue) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => catalogue.StopAsync(cancellationToken);
}
