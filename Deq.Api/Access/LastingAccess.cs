using Deq.Api.Problems;

namespace Deq.Api.Access;

/// <summary>Access to what lasts longer than a request: sockets and streams of messages, whose client was let in when they were opened.</summary>
internal static class LastingAccess
{
    /// <summary>Refuses the next frame or message of a client that would not be let in any more.</summary>
    /// <param name="http">The request that opened the socket or the stream.</param>
    /// <exception cref="ProblemException">The key was withdrawn or has lost the role, or the token's time is over.</exception>
    public static void RequireAccess(this HttpContext http)
    {
        Roles roles = http.GetEndpoint()?.Metadata.GetMetadata<RequiredRoles>()?.Roles ?? Roles.None;
        if (Caller.Of(http) is { } caller && !http.RequestServices.GetRequiredService<KeyRing>().StillTakes(caller, roles))
        {
            throw new ProblemException(ProblemKinds.Unauthorized, "The key does not allow this any more, or the token's time is over.");
        }
    }
}
