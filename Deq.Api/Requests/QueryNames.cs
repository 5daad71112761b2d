using Deq.Api.Access;
using Deq.Api.Problems;

namespace Deq.Api.Requests;

/// <summary>The names that queries may have, where no solve takes them.</summary>
internal static class QueryNames
{
    /// <summary>Refuses queries with other names; the key of a socket is none of the endpoint's.</summary>
    /// <param name="routes">The endpoints.</param>
    /// <param name="known">The names that they take.</param>
    public static TBuilder TakesQuery<TBuilder>(this TBuilder routes, params string[] known)
        where TBuilder : IEndpointConventionBuilder => routes.AddEndpointFilter(async (context, next) =>
        {
            HttpRequest request = context.HttpContext.Request;
            string[] unknown = [.. request.Query.Keys.Where(name => !known.Contains(name) && name != Credentials.SocketParameter).Select(ClientText.Shorten)];
            return unknown.Length == 0
                ? await next(context)
                : throw new ProblemException(
                    ProblemKinds.UnknownParameter, $"Unknown: {string.Join(", ", unknown.Select(ClientText.Named))}. Known: {(known.Length == 0 ? "none" : string.Join(", ", known))}.")
                    .With("unknown", unknown).With("known", known);
        });
}
