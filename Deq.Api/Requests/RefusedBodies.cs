using System.IO.Pipelines;
using System.Threading.RateLimiting;
using Deq.Api.Problems;

namespace Deq.Api.Requests;

/// <summary>
/// Reads what is left of a body whose request was refused, so that a client that sends before it reads gets to the problem, but of all bodies of a
/// client together only so much a second.
/// </summary>
/// <remarks>The web server would read it as fast as it comes: a client that sends large bodies again and again could keep every processor copying.</remarks>
internal sealed class RefusedBodies(IHostApplicationLifetime lifetime) : IAsyncDisposable
{
    private const int BytesOfToken = 16 << 10;
    private const int BurstTokens = 512;
    private const int TokensPerPeriod = 64;

    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(50);

    /// <summary>As long as the web server itself would go on reading.</summary>
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(5);

    /// <summary>The same once the server stops.</summary>
    private static readonly TimeSpan s_stopping = TimeSpan.FromSeconds(0.5);

    private readonly PartitionedRateLimiter<string> _pace = PartitionedRateLimiter.Create<string, string>(
        client => RateLimitPartition.GetTokenBucketLimiter(client, _ => new TokenBucketRateLimiterOptions
        {
            TokenLimit = BurstTokens,
            TokensPerPeriod = TokensPerPeriod,
            ReplenishmentPeriod = s_period,
            QueueLimit = int.MaxValue,
            QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
        }));

    /// <summary>Reads the rest of a refused request's body, or ends the connection where that takes too long or the server stops.</summary>
    public async Task ReadOnAsync(HttpContext http)
    {
        using var time = new CancellationTokenSource(s_longest, http.RequestServices.GetRequiredService<TimeProvider>());
        using var end = CancellationTokenSource.CreateLinkedTokenSource(time.Token, ClientConnection.GoneOf(http));
        using CancellationTokenRegistration stop = lifetime.ApplicationStopping.UnsafeRegister(_ => time.CancelAfter(s_stopping), null);
        try
        {
            await http.Response.CompleteAsync();
            await ReadToEndAsync(http.Request.BodyReader, ClientLimit.ClientOf(http), end.Token);
        }
        catch (BadHttpRequestException)
        {
            // It breaks the protocol; the web server closes the connection once the problem has been sent.
        }
        catch (Exception fault) when (fault is OperationCanceledException or IOException or InvalidOperationException)
        {
            http.NoteClientGone();
        }
    }

    public ValueTask DisposeAsync() => _pace.DisposeAsync();

    private async Task ReadToEndAsync(PipeReader body, string client, CancellationToken end)
    {
        for (bool isWhole = false; !isWhole;)
        {
            ReadResult result = await body.ReadAsync(end);
            long tokens = Math.Min(BurstTokens, 1 + (result.Buffer.Length / BytesOfToken));
            isWhole = result.IsCompleted;
            body.AdvanceTo(result.Buffer.End);
            if (!isWhole)
            {
                using RateLimitLease lease = await _pace.AcquireAsync(client, (int)tokens, end);
            }
        }
    }
}

internal static class RefusedRequests
{
    /// <summary>Must stand outside of all that refuses.</summary>
    public static void PaceRefusedBodies(this WebApplication app)
    {
        RefusedBodies bodies = app.Services.GetRequiredService<RefusedBodies>();
        app.Use(async (http, next) =>
        {
            await next(http);
            if (http.Response.StatusCode >= StatusCodes.Status400BadRequest && HttpProtocol.IsHttp11(http.Request.Protocol) && MayHaveBody(http.Request))
            {
                await bodies.ReadOnAsync(http);
            }
        });
    }

    private static bool MayHaveBody(HttpRequest request) => request.ContentLength > 0 || (request.ContentLength is null && request.Headers.TransferEncoding.Count > 0);
}
