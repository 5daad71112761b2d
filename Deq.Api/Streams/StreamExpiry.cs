using Deq.Api.Observability;

namespace Deq.Api.Streams;

/// <summary>Closes streams that lie idle also while no request comes.</summary>
internal sealed class StreamExpiry(StreamStore streams, StreamLimits limits, TimeProvider clock, ILogger<StreamExpiry> logger) : BackgroundService
{
    /// <summary>So long after its time a stream is gone at the latest, as a share of that time.</summary>
    private const double Lateness = 0.25;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => logger.RepeatAsync(
        TimeSpan.FromMilliseconds(Math.Max(1, Lateness * limits.Idle.TotalMilliseconds)), clock, Expire, "Idle streams are not closed", stoppingToken);

    private Task Expire()
    {
        streams.Expire();
        return Task.CompletedTask;
    }
}
