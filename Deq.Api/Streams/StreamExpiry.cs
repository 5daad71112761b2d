namespace Deq.Api.Streams;

/// <summary>Closes streams that lie idle also while no request comes.</summary>
internal sealed class StreamExpiry(StreamStore streams, StreamLimits limits, TimeProvider clock) : BackgroundService
{
    /// <summary>So long after its time a stream is gone at the latest, as a share of that time.</summary>
    private const double Lateness = 0.25;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(Math.Max(1, Lateness * limits.Idle.TotalMilliseconds)), clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                streams.Expire();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server stops.
        }
    }
}
