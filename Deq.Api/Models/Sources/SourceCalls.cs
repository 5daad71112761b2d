using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Polly.Timeout;

namespace Deq.Api.Models.Sources;

/// <summary>Fetches files of sources: each try within a time, a few tries, and none for a while from a server that keeps failing.</summary>
internal sealed class SourceCalls : IDisposable
{
    private const int Retries = 3;
    private const int FailuresThatBreak = 8;

    private static readonly TimeSpan s_delay = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_break = TimeSpan.FromSeconds(30);

    /// <summary>The shortest that the library takes.</summary>
    private static readonly TimeSpan s_leastTimeout = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan s_leastBreak = TimeSpan.FromMilliseconds(500);

    private readonly SourceDownload _download;
    private readonly SignedAddresses _addresses;
    private readonly Dictionary<string, ResiliencePipeline> _byServer;

    public SourceCalls(SourceSettings settings, SourceStates states, SignedAddresses addresses, TimeProvider clock)
    {
        _addresses = addresses;

        // Redirects are followed by the download, which checks where they lead.
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, PooledConnectionLifetime = TimeSpan.FromMinutes(5) };
        _download = new SourceDownload(new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan }, addresses, states, clock);
        _byServer = settings.All.SelectMany(source => source.Addresses).Select(addresses.ServerOf).Distinct(StringComparer.Ordinal)
            .ToDictionary(server => server, _ => Pipeline(settings, clock), StringComparer.Ordinal);
    }

    /// <summary>Writes a file of a source that has the hash it must have, and gives its length, bytes.</summary>
    /// <param name="source">The source.</param>
    /// <param name="file">Which of its files.</param>
    /// <param name="target">The file to write. What it holds after a failure is of no use.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="SourceException">It could not be fetched.</exception>
    /// <exception cref="IOException">It could not be written.</exception>
    public async Task<long> FetchAsync(ModelSource source, SourceFile file, string target, CancellationToken cancellation)
    {
        try
        {
            return await _byServer[_addresses.ServerOf(source.AddressOf(file.Path))].ExecuteAsync(async token => await _download.TryAsync(source, file, target, token, cancellation), cancellation);
        }
        catch (TimeoutRejectedException fault)
        {
            throw new SourceException(SourceOutcomes.Timeout, $"{file.Path} did not come within {fault.Timeout.TotalMilliseconds:0} ms.", mayPass: true, fault);
        }
        catch (BrokenCircuitException fault)
        {
            throw new SourceException(SourceOutcomes.Broken, "its server failed too often to be asked again at once.", mayPass: true, fault);
        }
    }

    public void Dispose() => _download.Dispose();

    private static ResiliencePipeline Pipeline(SourceSettings settings, TimeProvider clock)
    {
        PredicateBuilder<object> mayPass = new PredicateBuilder().Handle<SourceException>(fault => fault.MayPass).Handle<TimeoutRejectedException>();
        return new ResiliencePipelineBuilder { TimeProvider = clock }
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = mayPass,
                MaxRetryAttempts = Retries,
                Delay = Shorter(s_delay, settings.RetryAfter),
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
            })
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions
            {
                ShouldHandle = mayPass,
                FailureRatio = 0.5,
                MinimumThroughput = FailuresThatBreak,
                SamplingDuration = s_break,
                BreakDuration = Longer(s_leastBreak, Shorter(s_break, settings.RetryAfter)),
            })
            .AddTimeout(Longer(s_leastTimeout, settings.Timeout))
            .Build();
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static TimeSpan Longer(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
