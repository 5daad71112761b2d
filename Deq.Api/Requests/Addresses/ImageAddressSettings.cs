using Deq.Api.Settings;

namespace Deq.Api.Requests.Addresses;

/// <summary>From where images may be fetched; section <c>Images</c> of the settings. Nothing set: from nowhere.</summary>
internal sealed record ImageAddressSettings
{
    public static SettingsSection Section { get; } = SettingsSection.Of((_, reader) => Read(reader), "Images");

    /// <summary>The hosts, in lower case: a name, <c>*.</c> and a name for all below it, or <c>*</c> for any; each may end in a port.</summary>
    public required IReadOnlyList<string> AllowedHosts { get; init; }

    /// <summary>Whether plain http will do.</summary>
    public required bool AllowsHttp { get; init; }

    /// <summary>Bytes of a fetched image.</summary>
    public required int Bytes { get; init; }

    /// <summary>How long fetching an image may take, all tries together.</summary>
    public required TimeSpan Within { get; init; }

    private static ImageAddressSettings Read(SettingsReader reader)
    {
        string[] hosts = [.. (reader.Text("Images:AllowedHosts") ?? "").ToLowerInvariant().Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
        foreach (string host in hosts.Where(host => !IsHost(host)))
        {
            reader.Contradict($"Setting Images:AllowedHosts has '{host}'; a host is a name such as pictures.example, *.example or *, with or without a port.");
        }

        return new ImageAddressSettings
        {
            AllowedHosts = hosts,
            AllowsHttp = reader.Flag("Images:AllowHttp", false),
            Bytes = reader.Integer("Images:FetchBytes", 8 << 20, 1, 1 << 30),
            Within = reader.Milliseconds("Images:FetchMs", TimeSpan.FromSeconds(5)),
        };
    }

    private static bool IsHost(string host)
    {
        string plain = host.StartsWith("*.", StringComparison.Ordinal) ? host[2..] : host == "*" || host.StartsWith("*:", StringComparison.Ordinal) ? "any" + host[1..] : host;
        return Uri.TryCreate($"https://{plain}/", UriKind.Absolute, out Uri? address) && address.Authority == (address.IsDefaultPort ? plain.Replace(":443", "", StringComparison.Ordinal) : plain)
            && address.UserInfo.Length == 0;
    }
}
