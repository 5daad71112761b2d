using System.Threading.RateLimiting;
using Deq.Api.Access;
using Deq.Api.Problems;

namespace Deq.Api.Requests;

/// <summary>Keeps one client from taking all of the server: only so many of its requests are under way at one time.</summary>
internal static class ClientLimit
{
    private const string Policy = "client";

    public static void AddClientLimit(this WebApplicationBuilder builder) => builder.Services.AddRateLimiter(options =>
    {
        options.OnRejected = (context, _) => new ValueTask(RefuseAsync(context.HttpContext));
        options.AddPolicy(Policy, http =>
        {
            int most = LimitOf(http);
            return RateLimitPartition.GetConcurrencyLimiter(
                (ClientOf(http), most), _ => new ConcurrencyLimiterOptions { PermitLimit = most, QueueLimit = 0 });
        });
    });

    /// <summary>Counts the requests of each client to these endpoints, and refuses those beyond the limit before anything of them is read.</summary>
    public static TBuilder LimitClients<TBuilder>(this TBuilder routes)
        where TBuilder : IEndpointConventionBuilder => routes.RequireRateLimiting(Policy);

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
}
