using Deq.Api.Problems;
using Microsoft.Net.Http.Headers;

namespace Deq.Api.Requests;

/// <summary>What the Accept header of a request allows.</summary>
internal static class AcceptHeader
{
    public const string Json = "application/json";

    public const string EventStream = "text/event-stream";

    /// <summary>Ranges of a header that are looked at, the first; clients send a handful.</summary>
    private const int MostRanges = 32;

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
    /// decides, of the first 32; without an Accept header everything is wanted. Parameters of a range, such as <c>charset=utf-8</c>, are ignored: every type is
    /// answered in one form alone.
    /// </summary>
    public static (double Quality, int Closeness) Of(HttpRequest request, string type)
    {
        IReadOnlyList<AcceptedRange> ranges = RangesOf(request);
        if (ranges.Count == 0)
        {
            return (1, 0);
        }

        var wanted = new MediaTypeHeaderValue(type);
        AcceptedRange? closest = ranges.Where(range => wanted.IsSubsetOf(range.Types)).MaxBy(range => range.Closeness);
        return closest is null ? (0, 0) : (closest.Quality, closest.Closeness);
    }

    /// <summary>The header's ranges, parsed once per request: a header of 32 KiB holds thousands.</summary>
    private static IReadOnlyList<AcceptedRange> RangesOf(HttpRequest request)
    {
        if (request.HttpContext.Features.Get<AcceptedRanges>() is { } parsed)
        {
            return parsed.Ranges;
        }

        AcceptedRange[] ranges =
        [
            .. request.GetTypedHeaders().Accept.Take(MostRanges)
                .Select(range => new AcceptedRange(new MediaTypeHeaderValue(range.MediaType), range.Quality ?? 1, ClosenessOf(range))),
        ];
        request.HttpContext.Features.Set(new AcceptedRanges(ranges));
        return ranges;
    }

    private static int ClosenessOf(MediaTypeHeaderValue range) => range.MatchesAllTypes ? 0 : range.MatchesAllSubTypes ? 1 : 2;

    /// <summary>What a request's header allows, kept with the request.</summary>
    private sealed record AcceptedRanges(IReadOnlyList<AcceptedRange> Ranges);

    /// <summary>A range without its parameters.</summary>
    private sealed record AcceptedRange(MediaTypeHeaderValue Types, double Quality, int Closeness);
}
