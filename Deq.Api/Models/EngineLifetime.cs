using Microsoft.Extensions.Options;

namespace Deq.Api.Models;

/// <summary>Lets the engines finish what was accepted before the process ends. The web server stops first, because it starts last.</summary>
/// <remarks>
/// It waits for its requests until the host's patience ends, and then cuts every connection. So what is not solved by then is cut short a little earlier: best iterates and
/// refusals still reach their clients.
/// </remarks>
internal sealed class EngineLifetime(ModelCatalogue catalogue, IHostApplicationLifetime lifetime, IOptions<HostOptions> host, TimeProvider clock) : IHostedService, IDisposable
{
    /// <summary>What answers that are cut short need to be sent; of a shorter patience a half of it.</summary>
    private static readonly TimeSpan s_sending = TimeSpan.FromSeconds(2);

    private CancellationTokenRegistration _stopping;
    private ITimer? _hurry;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        TimeSpan patience = host.Value.ShutdownTimeout;
        TimeSpan left = patience > 2 * s_sending ? patience - s_sending : patience / 2;
        _stopping = lifetime.ApplicationStopping.Register(
            () => _hurry = clock.CreateTimer(_ => _ = catalogue.StopAsync(new CancellationToken(canceled: true)), null, left, Timeout.InfiniteTimeSpan));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => catalogue.StopAsync(cancellationToken);

    public void Dispose()
    {
        _stopping.Dispose();
        _hurry?.Dispose();
    }
}
