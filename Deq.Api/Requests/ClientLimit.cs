using System.Threading.RateLimiting;
using Deq.Api.Access;
using Deq.Api.Problems;

namespace Deq.Api.Requests;

/// <summary>Keeps one client from taking all of the server: only so many of its requests are under way at one time.</summary>
internal static class ClientLimit
{
    private static readonly object s_isCounted = new CountsClients();

    public static void AddClientLimit(this WebApplicationBuilder builder) => builder.Services.AddSingleton<ClientPermits>();

    /// <summary>Counts the requests of each client to these endpoints, and refuses those beyond the limit before anything of them is read.</summary>
    public static TBuilder LimitClients<TBuilder>(this TBuilder routes)
        where TBuilder : IEndpointConventionBuilder => routes.WithMetadata(s_isCounted);

    /// <summary>The same of one endpoint.</summary>
    public static void CountClients(this EndpointBuilder endpoint) => endpoint.Metadata.Add(s_isCounted);

    /// <summary>Holds requests to what <see cref="LimitClients"/> says. Must stand inside of what says who calls.</summary>
    public static void UseClientLimit(this WebApplication app)
    {
        ClientPermits permits = app.Services.GetRequiredService<ClientPermits>();
        app.Use(async (http, next) =>
        {
            if (http.GetEndpoint()?.Metadata.GetMetadata<CountsClients>() is null)
            {
                await next(http);
                return;
            }

            using RateLimitLease permit = permits.Take(ClientOf(http), LimitOf(http));
            http.Features.Set(permit);
            await (permit.IsAcquired ? next(http) : RefuseAsync(http));
        });
    }

    /// <summary>Counts a request no longer, before the end of its answer is sent.</summary>
    public static void Release(HttpContext http) => http.Features.Get<RateLimitLease>()?.Dispose();

    /// <summary>The client of a request, by the server's settings.</summary>
    internal static string ClientOf(HttpContext http) => ClientOf(http, http.RequestServices.GetRequiredService<RequestLimits>().ClientHeader);

    /// <summary>Whose request it is: of a client that has shown a key the key, otherwise what <see cref="ClientAddress"/> says.</summary>
    internal static string ClientOf(HttpContext http, string? header) => Caller.Of(http)?.Client ?? ClientAddress.Of(http, header);

    /// <summary>Requests that the client may have under way: those of every client, or fewer where its key says so.</summary>
    private static int LimitOf(HttpContext http)
    {
        int most = http.RequestServices.GetRequiredService<RequestLimits>().ClientRequests;
        return Math.Min(most, Caller.Of(http)?.Quota.Requests ?? most);
    }

    private static Task RefuseAsync(HttpContext http)
    {
        int most = LimitOf(http);
        http.RequestServices.GetRequiredService<ApiMetrics>().Refused(RequestRecord.Of(http).Model, RefusalReasons.Client);
        return http.WriteProblemAsync(
            new ProblemException(
                ProblemKinds.TooManyRequests,
                $"The client may have {most} requests under way; wait until one of yours has ended.")
                .WithLimit(most)
                .WithRetryAfter(ProblemException.DefaultRetryAfter));
    }

    /// <summary>Marks endpoints whose requests count.</summary>
    internal sealed class CountsClients;

    /// <summary>The permits of all clients. The framework's middleware has the same, but nobody disposes them: their timer outlives the server and keeps all of it.</summary>
    private sealed class ClientPermits : IDisposable
    {
        private readonly PartitionedRateLimiter<(string Client, int Most)> _permits = PartitionedRateLimiter.Create<(string Client, int Most), (string, int)>(
            of => RateLimitPartition.GetConcurrencyLimiter(of, _ => new ConcurrencyLimiterOptions { PermitLimit = of.Most, QueueLimit = 0 }));

        /// <summary>One of so many that the client may have at a time, if there is one. Given back when disposed.</summary>
        public RateLimitLease Take(string client, int most) => _permits.AttemptAcquire((client, most));

        public void Dispose() => _permits.Dispose();
    }
}
