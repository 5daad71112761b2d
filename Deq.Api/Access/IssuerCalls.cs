using Polly;
using Polly.CircuitBreaker;
using Polly.Timeout;

namespace Deq.Api.Access;

/// <summary>Asks an issuer of tokens: each time within a few seconds, and not for a while where half of what it was asked has failed, so that no request waits long for one that is down.</summary>
internal sealed class IssuerCalls : DelegatingHandler
{
    /// <summary>The fewest questions that the library counts.</summary>
    private const int LeastQuestions = 2;

    // What is asked for comes in two parts, of which one may fail again and again.
    private const double FailuresThatBreak = 0.5;

    /// <summary>More than any issuer publishes.</summary>
    private const int MostBytes = 1 << 20;

    private static readonly TimeSpan s_window = TimeSpan.FromSeconds(30);

    private readonly ResiliencePipeline<HttpResponseMessage> _pipeline;

    /// <param name="inner">Makes the calls.</param>
    /// <param name="clock">Measures time.</param>
    /// <param name="patience">The longest that a call may take.</param>
    public IssuerCalls(HttpMessageHandler inner, TimeProvider clock, TimeSpan patience)
        : base(inner)
    {
        PredicateBuilder<HttpResponseMessage> isFailure = new PredicateBuilder<HttpResponseMessage>()
            .Handle<HttpRequestException>().Handle<IOException>().Handle<TimeoutRejectedException>().HandleResult(response => !response.IsSuccessStatusCode);
        _pipeline = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = clock }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<HttpResponseMessage>
            {
                ShouldHandle = isFailure,
                FailureRatio = FailuresThatBreak,
                MinimumThroughput = LeastQuestions,
                SamplingDuration = s_window,
                BreakDuration = AskAgainAfter,
            })
            .AddTimeout(patience)
            .Build();
    }

    /// <summary>How long an issuer that failed is left alone.</summary>
    public static TimeSpan AskAgainAfter { get; } = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await _pipeline.ExecuteAsync(async token => await WholeAsync(request, token), cancellationToken);
        }
        catch (ExecutionRejectedException fault)
        {
            throw new HttpRequestException("The issuer of tokens does not answer.", fault);
        }
    }

    /// <summary>An answer with all of its body: an issuer that stops in the middle of one has failed.</summary>
    private async Task<HttpResponseMessage> WholeAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        HttpResponseMessage response = await base.SendAsync(request, cancellation);
        try
        {
            await response.Content.LoadIntoBufferAsync(MostBytes, cancellation);
            return response;
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }
}
