namespace Deq.Api.Observability;

/// <summary>Says what stands still where work in the background has ended for a fault that nothing there foresaw; the server answers on.</summary>
/// <remarks>By default such a fault stops the host, which then ends as if it had been asked to.</remarks>
internal sealed class BackgroundFaults(IServiceProvider services, ILogger<BackgroundFaults> logger) : IHostedLifecycleService
{
    public static void Add(IServiceCollection services)
    {
        services.Configure<HostOptions>(host => host.BackgroundServiceExceptionBehavior = BackgroundServiceExceptionBehavior.Ignore);
        services.AddHostedService<BackgroundFaults>();
    }

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        foreach (BackgroundService work in services.GetServices<IHostedService>().OfType<BackgroundService>())
        {
            _ = ObserveAsync(work);
        }

        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task ObserveAsync(BackgroundService work)
    {
        try
        {
            await (work.ExecuteTask ?? Task.CompletedTask);
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
        catch (Exception fault)
        {
            logger.LogError(fault, "{Work} has ended for an unexpected fault and stands still until the server is started anew", work.GetType().Name);
        }
    }
}
