using System.Threading.RateLimiting;
using Deq.Api.Observability;
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
            RequestLimits limits = http.RequestServices.GetRequiredService<RequestLimits>();
            return RateLimitPartition.GetConcurrencyLimiter(
                ClientOf(http, limits.ClientHeader), _ => new ConcurrencyLimiterOptions { PermitLimit = limits.ClientRequests, QueueLimit = 0 });
        });
    });

    /// <summary>Counts the requests of each client to these endpoints, and refuses those beyond the limit before anything of them is read.</summary>
    public static TBuilder LimitClients<TBuilder>(this TBuilder routes)
        where TBuilder : IEndpointConventionBuilder => routes.RequireRateLimiting(Policy);

    /// <summary>
    /// Who calls: what the header says where one is set and sent, otherwise the remote address. Of a list, such as
    /// <c>X-Forwarded-For</c>, the last entry counts: the nearest proxy wrote it, while a caller can write those before.
    /// </summary>
    internal static string ClientOf(HttpContext http, string? header)
    {
        string given = header is null ? "" : http.Request.Headers[header].ToString();
        string last = given[(given.LastIndexOf(',') + 1)..].Trim();
        return last.Length > 0 ? "header " + last : "address " + http.Connection.RemoteIpAddress;
    }

    private static Task RefuseAsync(HttpContext http)
    {
        RequestLimits limits = http.RequestServices.GetRequiredService<RequestLimits>();
        http.RequestServices.GetRequiredService<ApiMetrics>().Refused(RequestRecord.Of(http).Model, RefusalReasons.Client);
        return http.WriteProblemAsync(
            new ProblemException(
                ProblemKinds.TooManyRequests,
                $"A client may have {limits.ClientRequests} requests under way; wait until one of yours has ended.")
                .WithLimit(limits.ClientRequests)
                .WithRetryAfter(ProblemException.AMoment));
    }
}
