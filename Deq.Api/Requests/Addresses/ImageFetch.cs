using System.Diagnostics.Metrics;
using Deq.Api.Access;
using Deq.Api.Problems;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Polly.Timeout;

namespace Deq.Api.Requests.Addresses;

/// <summary>Fetches images from addresses that clients send, where the operator allows it. Thread-safe.</summary>
internal sealed class ImageFetch : IDisposable
{
    public const string Fetches = "deq.image.fetches";

    private const int Retries = 1;
    private const int FailuresThatBreak = 10;

    private static readonly TimeSpan s_delay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_leastTimeout = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan s_break = TimeSpan.FromSeconds(5);

    private readonly ImageAddressSettings _settings;
    private readonly HttpClient _client;
    private readonly HostShares _shares;
    private readonly Counter<long> _fetches;
    private readonly Dictionary<string, ResiliencePipeline> _byHost;

    public ImageFetch(ImageAddressSettings settings, CheckedConnection connection, KeyRing keys, IMeterFactory factory, TimeProvider clock)
    {
        (_settings, _shares) = (settings, new HostShares(keys.WeightOf));
        _client = new HttpClient(connection.Handler()) { Timeout = Timeout.InfiniteTimeSpan };
        _fetches = factory.Create(ApiMetrics.Name).CreateCounter<long>(Fetches, "{image}", "Images that clients had fetched, by how that ended.");
        _byHost = settings.AllowedHosts.Distinct(StringComparer.Ordinal).ToDictionary(host => host, host => Pipeline(host, settings, clock), StringComparer.Ordinal);
    }

    /// <summary>Whether anything may be fetched.</summary>
    public bool IsOn => _settings.AllowedHosts.Count > 0;

    /// <summary>Bytes of an image that is fetched.</summary>
    public int MostBytes => _settings.Bytes;

    /// <summary>The bytes at an address, at least one; null when the client has left.</summary>
    /// <param name="text">What the client sent.</param>
    /// <param name="body">The request: its share holds the bytes, its deadline ends the wait.</param>
    /// <exception cref="ProblemException">The address is refused, the client's share of connections to the host is used up, or the image could not be fetched.</exception>
    public async Task<byte[]?> FetchAsync(string text, RequestBody body)
    {
        (Uri address, string host) = ImageAddress.Read(text, _settings);
        try
        {
            byte[] bytes = await FetchAsync(address, host, body);
            Count("fetched");
            return bytes;
        }
        catch (ProblemException)
        {
            Count("limit");
            throw;
        }
        catch (TimeoutRejectedException)
        {
            Count("timeout");
            throw NotFetched($"it did not come within {_settings.Within.TotalMilliseconds:0} ms");
        }
        catch (FetchFailedException fault)
        {
            Count(fault.Outcome);
            throw NotFetched(fault.Message);
        }
        catch (BrokenCircuitException)
        {
            Count("broken");
            throw NotFetched(FetchFailedException.Unreachable);
        }
        catch (OperationCanceledException)
        {
            return body.Deadline.HasPassed ? throw NotFetched("it did not come by the deadline of the request") : null;
        }
    }

    public void Dispose() => _client.Dispose();

    /// <summary>A circuit belongs to one host: of an entry for several, one that fails would close off the others.</summary>
    private static ResiliencePipeline Pipeline(string host, ImageAddressSettings settings, TimeProvider clock)
    {
        PredicateBuilder<object> mayPass = new PredicateBuilder().Handle<FetchFailedException>(fault => fault.MayPass);
        ResiliencePipelineBuilder pipeline = new ResiliencePipelineBuilder { TimeProvider = clock }
            .AddTimeout(settings.Within < s_leastTimeout ? s_leastTimeout : settings.Within)
            .AddRetry(new RetryStrategyOptions { ShouldHandle = mayPass, MaxRetryAttempts = Retries, Delay = s_delay, UseJitter = true });
        return host.Contains('*', StringComparison.Ordinal) ? pipeline.Build() : pipeline.AddCircuitBreaker(new CircuitBreakerStrategyOptions
        {
            ShouldHandle = new PredicateBuilder().Handle<FetchFailedException>(fault => fault.Outcome == "broken"),
            MinimumThroughput = FailuresThatBreak,
            FailureRatio = 0.5,
            BreakDuration = s_break,
        }).Build();
    }

    /// <summary>All tries, with a connection of the client's share.</summary>
    private async Task<byte[]> FetchAsync(Uri address, string host, RequestBody body)
    {
        _shares.Take(address, body.Share.Client);
        try
        {
            return await _byHost[host].ExecuteAsync(async cancellation => await TryAsync(address, body.Share, cancellation), body.Deadline.Token);
        }
        finally
        {
            _shares.Return(address, body.Share.Client);
        }
    }

    /// <summary>One try. What it held is given back where it fails.</summary>
    private async Task<byte[]> TryAsync(Uri address, HeldBodies.Share share, CancellationToken cancellation)
    {
        long held = share.Held;
        try
        {
            using HttpResponseMessage response = await _client.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, cancellation);
            FetchFailedException.Require(response);
            using Stream stream = await response.Content.ReadAsStreamAsync(cancellation);
            using var bytes = new ArrivedBytes(response.Content.Headers.ContentLength, share);
            await BoundedReading.ReadAsync(stream, bytes, _settings.Bytes, TooLarge, cancellation);
            held = share.Held;
            return bytes.Length > 0 ? bytes.ToArray() : throw new FetchFailedException("empty", "it is empty", mayPass: false);
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException)
        {
            throw FetchFailedException.Of(fault);
        }
        finally
        {
            share.Remove(share.Held - held);
        }
    }

    private ProblemException TooLarge() => new ProblemException(ProblemKinds.BodyTooLarge, $"A fetched image has at most {_settings.Bytes} bytes.").WithLimit(_settings.Bytes);

    private static ProblemException NotFetched(string reason) => new(ProblemKinds.ImageNotFetched, $"The image is not fetched: {reason}.");

    private void Count(string outcome) => _fetches.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
}
