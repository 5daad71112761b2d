using Deq.Api.Problems;
using Microsoft.Net.Http.Headers;

namespace Deq.Api.Requests;

/// <summary>What the Accept header of a request allows.</summary>
internal static class AcceptHeader
{
    public const string Json = "application/json";

    public const string EventStream = "text/event-stream";

    /// <summary>Refuses requests whose Accept header leaves no room for any of the types.</summary>
    /// <param name="routes">The endpoints.</param>
    /// <param name="types">What they answer with.</param>
    public static TBuilder RequireAccepted<TBuilder>(this TBuilder routes, params string[] types)
        where TBuilder : IEndpointConventionBuilder => routes.AddEndpointFilter(async (context, next) =>
        {
            HttpContext http = context.HttpContext;
            if (types.Any(type => Of(http.Request, type).Quality > 0))
            {
                return await next(context);
            }

            await http.WriteProblemAsync(
                ProblemKinds.NotAcceptable, $"The answer is {string.Join(" or ", types)}; the request's Accept header must allow it.");
            return Results.Empty;
        });

    /// <summary>Whether the caller would rather have events than one JSON answer; see <see cref="Prefers"/>.</summary>
    public static bool PrefersEvents(HttpRequest request) => Prefers(request, EventStream, Json);

    /// <summary>
    /// Whether the caller would rather have one type than another: by quality, and by which is named more closely where that is equal. A caller who
    /// names neither, or both alike, gets the other.
    /// </summary>
    public static bool Prefers(HttpRequest request, string type, string other)
    {
        (double wanted, int closeness) = Of(request, type);
        (double otherWanted, int otherCloseness) = Of(request, other);
        return wanted > 0 && (wanted > otherWanted || (wanted.Equals(otherWanted) && closeness > otherCloseness));
    }

    /// <summary>
    /// How much the caller wants a type, 0 to 1, and how closely its header names it, 0 to 2. The most specific range that covers the type
    /// decides; without an Accept header everything is wanted.
    /// </summary>
    public static (double Quality, int Closeness) Of(HttpRequest request, string type)
    {
        IList<MediaTypeHeaderValue> ranges = request.GetTypedHeaders().Accept;
        if (ranges.Count == 0)
        {
            return (1, 0);
        }

        var wanted = new MediaTypeHeaderValue(type);
        MediaTypeHeaderValue? closest = ranges.Where(wanted.IsSubsetOf).MaxBy(ClosenessOf);
        return closest is null ? (0, 0) : (closest.Quality ?? 1, ClosenessOf(closest));
    }

    private static int ClosenessOf(MediaTypeHeaderValue range) => range.MatchesAllTypes ? 0 : range.MatchesAllSubTypes ? 1 : 2;
}
