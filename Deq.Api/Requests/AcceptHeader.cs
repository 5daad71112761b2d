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

    /// <summary>The type that a request wants most: by quality, then by how closely its header names it, then in the order given.</summary>
    /// <param name="request">Its Accept header allows one of the types.</param>
    /// <param name="types">What there is to choose from, at least one.</param>
    public static string Best(HttpRequest request, IReadOnlyList<string> types) => types
        .Select(type => (Type: type, Wanted: Of(request, type)))
        .OrderByDescending(each => each.Wanted.Quality)
        .ThenByDescending(each => each.Wanted.Closeness)
        .First().Type;

    /// <summary>
    /// Whether the client would rather have one type than another: by quality, and by which is named more closely where that is equal. A client who
    /// names neither, or both alike, gets the other.
    /// </summary>
    public static bool Prefers(HttpRequest request, string type, string other)
    {
        (double wanted, int closeness) = Of(request, type);
        (double otherWanted, int otherCloseness) = Of(request, other);
        return wanted > 0 && (wanted > otherWanted || (wanted.Equals(otherWanted) && closeness > otherCloseness));
    }

    /// <summary>
    /// How much the client wants a type, 0 to 1, and how closely its header names it, 0 to 2. The most specific range that covers the type
    /// decides; without an Accept header everything is wanted. Parameters of a range, such as <c>charset=utf-8</c>, are ignored: every type is
    /// answered in one form alone.
    /// </summary>
    public static (double Quality, int Closeness) Of(HttpRequest request, string type)
    {
        IList<MediaTypeHeaderValue> ranges = request.GetTypedHeaders().Accept;
        if (ranges.Count == 0)
        {
            return (1, 0);
        }

        var wanted = new MediaTypeHeaderValue(type);
        MediaTypeHeaderValue? closest = ranges.Where(range => wanted.IsSubsetOf(new MediaTypeHeaderValue(range.MediaType))).MaxBy(ClosenessOf);
        return closest is null ? (0, 0) : (closest.Quality ?? 1, ClosenessOf(closest));
    }

    private static int ClosenessOf(MediaTypeHeaderValue range) => range.MatchesAllTypes ? 0 : range.MatchesAllSubTypes ? 1 : 2;
}
