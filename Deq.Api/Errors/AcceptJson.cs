using Microsoft.Net.Http.Headers;

namespace Deq.Api.Errors;

/// <summary>Refuses requests whose Accept header leaves no room for JSON.</summary>
internal static class AcceptJson
{
    private const string Json = "application/json";

    public static TBuilder RequireJsonAccepted<TBuilder>(this TBuilder routes)
        where TBuilder : IEndpointConventionBuilder => routes.AddEndpointFilter(async (context, next) =>
        {
            if (Accepts(context.HttpContext.Request.GetTypedHeaders().Accept))
            {
                return await next(context);
            }

            await context.HttpContext.WriteProblemAsync(
                ProblemKinds.NotAcceptable, $"The answer is {Json}; the request's Accept header must allow it.");
            return Results.Empty;
        });

    /// <summary>The most specific range that covers JSON decides; without an Accept header everything is accepted.</summary>
    private static bool Accepts(IList<MediaTypeHeaderValue> ranges)
    {
        var json = new MediaTypeHeaderValue(Json);
        MediaTypeHeaderValue? closest = ranges
            .Where(range => json.IsSubsetOf(range))
            .OrderBy(range => range.MatchesAllTypes ? 2 : range.MatchesAllSubTypes ? 1 : 0)
            .FirstOrDefault();
        return ranges.Count == 0 || closest is { Quality: null or > 0 };
    }
}
