namespace Deq.Api.Access;

/// <summary>Whose request it is, where the client has shown a key or a token; a feature of the request.</summary>
/// <param name="Name">The key's name, or what the token says.</param>
/// <param name="Client">Tells clients apart where they share what there is.</param>
/// <param name="Roles">What it may do.</param>
/// <param name="Weight">Its share beside a client of weight 1.</param>
/// <param name="Quota">What it may take.</param>
internal sealed record Caller(string Name, string Client, Roles Roles, int Weight, KeyQuota Quota)
{
    /// <summary>The key that was shown; null of a token, and of the server itself.</summary>
    public AccessKey? Shown { get; init; }

    /// <summary>When the token that was shown is no longer taken; null of a key.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>The weight of clients without a key.</summary>
    public const int DefaultWeight = 1;

    /// <summary>The server itself, which calls its models before it listens.</summary>
    public static readonly Caller Server = new("server", "server", Roles.Infer, DefaultWeight, KeyQuota.None);

    private const string Key = "key ";
    private const string Token = "token ";

    /// <summary>The caller of a request; null where nothing was shown, or nothing is asked for.</summary>
    public static Caller? Of(HttpContext http) => http.Features.Get<Caller>();

    public static Caller Of(AccessKey key) => new(key.Name, Key + key.Name, key.Roles, key.Weight, key.Quota) { Shown = key };

    /// <summary>Whether a client has shown a key or a token.</summary>
    public static bool IsShown(string client) => client.StartsWith(Key, StringComparison.Ordinal) || IsToken(client);

    /// <summary>Whether a client has shown a token.</summary>
    public static bool IsToken(string client) => client.StartsWith(Token, StringComparison.Ordinal);

    /// <summary>Whether a client has shown the key of a name.</summary>
    public static bool IsOf(string client, string key) => client.Length == Key.Length + key.Length && client.StartsWith(Key, StringComparison.Ordinal) && client.EndsWith(key, StringComparison.Ordinal);

    /// <summary>The caller of a token.</summary>
    public static Caller OfToken(string name, Roles roles, int weight, KeyQuota quota) => new(name, Token + name, roles, weight, quota);
}

/// <summary>A key that a client may have. Only its hash is known.</summary>
/// <param name="Name">Names it in measurements; no secret.</param>
/// <param name="Sha256">SHA-256 of the key's UTF-8 bytes.</param>
/// <param name="Roles">What it allows.</param>
/// <param name="Weight">The client's share beside one of weight 1.</param>
/// <param name="Quota">What the client may take.</param>
internal sealed record AccessKey(string Name, byte[] Sha256, Roles Roles, int Weight, KeyQuota Quota)
{
    public const int MostWeight = 1000;

    private const int HashBytes = 32;

    /// <summary>A hash as settings write it; null when the text is none.</summary>
    public static byte[]? ReadHash(string? text)
    {
        if (text is null || text.Length != 2 * HashBytes || !text.All(char.IsAsciiHexDigit))
        {
            return null;
        }

        return Convert.FromHexString(text);
    }
}
