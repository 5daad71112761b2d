using Deq.Api.Problems;
using Microsoft.Net.Http.Headers;

namespace Deq.Api.Requests;

/// <summary>Refuses bodies in a content encoding such as gzip: images are compressed already, and a small body could unpack to a large one.</summary>
internal static class ContentEncodings
{
    private const string Identity = "identity";

    /// <summary>Answers 415 with <c>Accept-Encoding: identity</c> (RFC 9110, 15.5.16), before anything of the body is read.</summary>
    public static void RefuseEncodedBodies(this WebApplication app) => app.Use((http, next) =>
    {
        if (http.GetEndpoint()?.Metadata.GetMetadata<DecodesBodies>() is not null)
        {
            return next(http);
        }

        string encoding = http.Request.Headers.ContentEncoding.ToString().Trim();
        if (encoding.Length == 0 || encoding.Split(',').All(each => each.Trim().Equals(Identity, StringComparison.OrdinalIgnoreCase)))
        {
            return next(http);
        }

        http.Response.Headers[HeaderNames.AcceptEncoding] = Identity;
        string named = encoding.Length <= 64 ? encoding : encoding[..64] + "…";
        return http.WriteProblemAsync(new ProblemException(
            ProblemKinds.UnsupportedMediaType, $"Content-Encoding is '{named}'; send the body without one.").With("supported", new[] { Identity }));
    });
}

/// <summary>Endpoint metadata: the endpoint decompresses bodies itself, within bounds.</summary>
internal sealed record DecodesBodies;
