using System.Text;
using System.Text.RegularExpressions;

namespace Deq.Api.Models.Sources;

/// <summary>Why a store refuses a request, from what it answers: the code in its body, and its clock.</summary>
internal static partial class StoreRefusals
{
    private const int MostBytes = 4096;

    /// <summary>Stores take requests that are signed up to fifteen minutes from their own time.</summary>
    private static readonly TimeSpan s_mostSkew = TimeSpan.FromMinutes(5);

    /// <summary>The reason, to stand behind the status; empty where the answer gives none. Nothing of the answer but the code is repeated: it can hold the key's name.</summary>
    /// <param name="response">An answer that is no success.</param>
    /// <param name="now">The time here.</param>
    /// <param name="cancellation">Ends it.</param>
    public static async Task<string> ReadAsync(HttpResponseMessage response, DateTimeOffset now, CancellationToken cancellation)
    {
        Match code = Code().Match(await HeadAsync(response, cancellation));
        if (!code.Success)
        {
            return "";
        }

        string name = code.Groups["name"].Value;
        return $" ({name}){(Meaning(name) is { } meaning ? $": {meaning}" : "")}{Skew(response, now)}";
    }

    private static string? Meaning(string code) => code switch
    {
        "SignatureDoesNotMatch" => "the secret key is not that of the access key, or a proxy changed the request",
        "InvalidAccessKeyId" => "the store does not know the access key",
        "AccessDenied" => "the access key may not read the object, or the object is not there",
        "ExpiredToken" or "InvalidToken" or "TokenRefreshRequired" => "the session token is wrong or its time is over",
        "RequestTimeTooSkewed" => "the clocks of this machine and of the store differ",
        "AuthorizationQueryParametersError" or "AuthorizationHeaderMalformed" or "IllegalLocationConstraintException" or "PermanentRedirect" or "TemporaryRedirect" =>
            "Models:S3:Region or Models:S3:Endpoint is not the bucket's",
        _ => null,
    };

    private static string Skew(HttpResponseMessage response, DateTimeOffset now) =>
        response.Headers.Date is { } date && (date - now).Duration() > s_mostSkew
            ? $"; this machine's clock is {Math.Abs((date - now).TotalMinutes):0} minutes {(date > now ? "behind" : "ahead of")} the store's"
            : "";

    private static async Task<string> HeadAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        byte[] head = new byte[MostBytes];
        try
        {
            using Stream body = await response.Content.ReadAsStreamAsync(cancellation);
            return Encoding.UTF8.GetString(head, 0, await body.ReadAtLeastAsync(head, MostBytes, throwOnEndOfStream: false, cancellation));
        }
        catch (Exception fault) when (fault is IOException or HttpRequestException)
        {
            return "";
        }
    }

    [GeneratedRegex("<Code>(?<name>[A-Za-z]{1,64})</Code>", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Code();
}
