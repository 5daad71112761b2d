using Deq.Api.Settings;

namespace Deq.Api.Requests.Addresses;

/// <summary>From where images may be fetched; section <c>Images</c> of the settings. Nothing set: from nowhere.</summary>
internal sealed record ImageAddressSettings
{
    public static SettingsSection Section { get; } = SettingsSection.Of((_, reader) => Read(reader), "Images");

    /// <summary>The hosts, in lower case and international names in their ASCII form: a name, <c>*.</c> and a name for all below it, or <c>*</c> for any; each may end in a port.</summary>
    public required IReadOnlyList<string> AllowedHosts { get; init; }

    /// <summary>Whether plain http will do.</summary>
    public required bool AllowsHttp { get; init; }

    /// <summary>Bytes of a fetched image.</summary>
    public required int Bytes { get; init; }

    /// <summary>How long fetching an image may take, all tries together.</summary>
    public required TimeSpan Within { get; init; }

    private static ImageAddressSettings Read(SettingsReader reader)
    {
        List<string> hosts = [];
        foreach (string entry in (reader.Text("Images:AllowedHosts") ?? "").ToLowerInvariant().Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (HostOf(entry) is { } host)
            {
                hosts.Add(host);
            }
            else
            {
                reader.Contradict($"Setting Images:AllowedHosts has '{entry}'; a host is a name such as pictures.example, *.example or *, with or without a port.");
            }
        }

        return new ImageAddressSettings
        {
            AllowedHosts = hosts,
            AllowsHttp = reader.Flag("Images:AllowHttp", false),
            Bytes = reader.Integer("Images:FetchBytes", 8 << 20, 1, 1 << 30),
            Within = reader.Milliseconds("Images:FetchMs", TimeSpan.FromSeconds(5)),
        };
    }

    /// <summary>An entry as addresses have their hosts; null of one that is no host.</summary>
    private static string? HostOf(string entry)
    {
        string plain = entry.StartsWith("*.", StringComparison.Ordinal) ? entry[2..] : entry == "*" || entry.StartsWith("*:", StringComparison.Ordinal) ? "any" + entry[1..] : entry;
        bool isHost = Uri.TryCreate($"https://{plain}/", UriKind.Absolute, out Uri? address)
            && address.Authority == (address.IsDefaultPort ? plain.Replace(":443", "", StringComparison.Ordinal) : plain) && address.UserInfo.Length == 0;
        return !isHost || InternationalName.Of(address!) is not { } host ? null
            : entry.All(char.IsAscii) ? entry
            : entry.Replace(address!.Host, host, StringComparison.Ordinal);
    }
}
