using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Deq.Api.Specs.Servers;

/// <summary>The signature of a GET request that carries it in its query, recomputed as a store does: AWS Signature Version 4, "Authenticating Requests: Using Query Parameters".</summary>
internal static class S3Signature
{
    private const string Algorithm = "AWS4-HMAC-SHA256";

    /// <summary>64 hexadecimal digits.</summary>
    /// <param name="host">The header of that name.</param>
    /// <param name="target">Path and query as they were sent.</param>
    /// <param name="secret">The secret key.</param>
    public static string Of(string host, string target, string secret)
    {
        IReadOnlyDictionary<string, string> query = QueryOf(target);
        string parameters = string.Join('&', query.Where(pair => pair.Key != "X-Amz-Signature").Select(pair => $"{Encoded(pair.Key)}={Encoded(pair.Value)}").Order(StringComparer.Ordinal));
        string path = string.Join('/', target.Split('?')[0].Split('/').Select(part => Encoded(Uri.UnescapeDataString(part))));
        string request = $"GET\n{path}\n{parameters}\nhost:{host}\n\nhost\nUNSIGNED-PAYLOAD";
        string[] scope = query["X-Amz-Credential"].Split('/')[1..];
        string toSign = $"{Algorithm}\n{query["X-Amz-Date"]}\n{string.Join('/', scope)}\n{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(request)))}";
        byte[] key = scope.Aggregate(Encoding.UTF8.GetBytes("AWS4" + secret), Keyed);
        return Convert.ToHexStringLower(Keyed(key, toSign));
    }

    /// <summary>The parameters of a request, by name.</summary>
    public static IReadOnlyDictionary<string, string> QueryOf(string target) => target.Split('?', 2)[^1].Split('&').Select(pair => pair.Split('=', 2))
        .ToDictionary(pair => Uri.UnescapeDataString(pair[0]), pair => Uri.UnescapeDataString(pair[^1]), StringComparer.Ordinal);

    /// <summary>When a request was signed.</summary>
    public static DateTimeOffset DateOf(IReadOnlyDictionary<string, string> query) =>
        DateTimeOffset.ParseExact(query["X-Amz-Date"], "yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);

    private static string Encoded(string text) => Uri.EscapeDataString(text);

    private static byte[] Keyed(byte[] key, string text) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text));
}
