using System.Net.Http.Headers;
using System.Text;
using Microsoft.Net.Http.Headers;

namespace Deq.Api.Access;

/// <summary>What a request shows of its client: a key, or a token.</summary>
/// <param name="Secret">The key or the token.</param>
/// <param name="IsAmbient">Whether browsers send it by themselves, whatever page makes the request.</param>
internal readonly record struct Credentials(string Secret, bool IsAmbient)
{
    /// <summary>The header that carries a key alone.</summary>
    public const string KeyHeader = "X-Api-Key";

    /// <summary>The parameter that carries it in a socket's handshake, whose headers a page cannot set.</summary>
    public const string SocketParameter = "access_token";

    private const int MostLength = 8192;

    /// <summary>What a request shows; null where it shows nothing.</summary>
    public static Credentials? Of(HttpRequest request)
    {
        if (request.Headers[KeyHeader].ToString() is { Length: > 0 and <= MostLength } key)
        {
            return new Credentials(key, IsAmbient: false);
        }

        if (AuthenticationHeaderValue.TryParse(request.Headers.Authorization, out AuthenticationHeaderValue? header) && header.Parameter is { Length: > 0 and <= MostLength } shown)
        {
            return header.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase) ? new Credentials(shown, IsAmbient: false)
                : header.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase) ? PasswordOf(shown)
                : null;
        }

        return IsSocket(request) && request.Query[SocketParameter].ToString() is { Length: > 0 and <= MostLength } token ? new Credentials(token, IsAmbient: false) : null;
    }

    /// <summary>Whether the request opens a socket: by an upgrade of HTTP/1.1, or by CONNECT of HTTP/2 (RFC 8441), for which the server has no other use.</summary>
    public static bool IsSocket(HttpRequest request) =>
        HttpMethods.IsConnect(request.Method) || request.Headers[HeaderNames.Upgrade].ToString().Contains("websocket", StringComparison.OrdinalIgnoreCase);

    /// <summary>The password, which is the key; the user may be any.</summary>
    private static Credentials? PasswordOf(string encoded)
    {
        byte[] bytes = new byte[encoded.Length];
        if (!Convert.TryFromBase64String(encoded, bytes, out int length))
        {
            return null;
        }

        string pair = Encoding.UTF8.GetString(bytes, 0, length);
        int colon = pair.IndexOf(':', StringComparison.Ordinal);
        return colon >= 0 && colon + 1 < pair.Length ? new Credentials(pair[(colon + 1)..], IsAmbient: true) : null;
    }
}
