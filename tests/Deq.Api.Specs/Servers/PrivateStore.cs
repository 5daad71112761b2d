using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Deq.Api.Specs.Servers;

/// <summary>What a store does with requests for private objects: those whose signature is that of its one key get them, others a refusal of the protocol.</summary>
internal static class PrivateStore
{
    public const string Id = "AKIDOFSPECS";
    public const string Secret = "wJalr/bPxRfiCY+EXAMPLE";
    public const string Token = "session/token+of=specs";
    public const string Region = "eu-central-1";

    private static readonly TimeSpan s_mostSkew = TimeSpan.FromMinutes(15);

    /// <summary>Whether a request was refused, and answered so.</summary>
    public static async Task<bool> RefusesAsync(HttpContext http)
    {
        if (Code(http) is not { } code)
        {
            return false;
        }

        http.Response.StatusCode = code == "AuthorizationQueryParametersError" ? 400 : 403;
        http.Response.ContentType = "application/xml";
        await http.Response.WriteAsync($"<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>Of {Id}.</Message><AWSAccessKeyId>{Id}</AWSAccessKeyId></Error>");
        return true;
    }

    private static string? Code(HttpContext http)
    {
        string target = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        IReadOnlyDictionary<string, string> query = S3Signature.QueryOf(target);
        if (!query.TryGetValue("X-Amz-Credential", out string? credential) || query.GetValueOrDefault("X-Amz-Algorithm") != "AWS4-HMAC-SHA256")
        {
            return "AccessDenied";
        }

        return credential.Split('/') is not [var id, _, var region, "s3", "aws4_request"] || region != Region ? "AuthorizationQueryParametersError"
            : id != Id ? "InvalidAccessKeyId"
            : query.GetValueOrDefault("X-Amz-Security-Token") != Token ? "InvalidToken"
            : (S3Signature.DateOf(query) - DateTimeOffset.UtcNow).Duration() > s_mostSkew ? "RequestTimeTooSkewed"
            : query.GetValueOrDefault("X-Amz-Signature") != S3Signature.Of(http.Request.Host.Value!, target, Secret) ? "SignatureDoesNotMatch"
            : null;
    }
}
