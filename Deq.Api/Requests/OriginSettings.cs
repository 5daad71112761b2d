using Deq.Api.Settings;

namespace Deq.Api.Requests;

/// <summary>Origins beside the server's own whose pages may open sockets and read answers; <see cref="TrustedHosts.OriginsKey"/> of the settings.</summary>
internal sealed record OriginSettings
{
    private const string Any = "*";
    private const string Example = "https://app.example";

    public static SettingsSection Section { get; } = SettingsSection.Of((_, reader) => Read(reader));

    /// <summary>As browsers write them, in any case; <c>*</c> is any.</summary>
    public required IReadOnlyList<string> All { get; init; }

    private static OriginSettings Read(SettingsReader reader)
    {
        if (reader.Children(TrustedHosts.OriginsKey).Count > 0)
        {
            reader.Contradict($"Setting {TrustedHosts.OriginsKey} is a list; it must be one text, with semicolons between the origins.");
        }

        string[] all = (reader.Text(TrustedHosts.OriginsKey) ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        foreach (string entry in all.Where(entry => entry != Any && !entry.Equals(OriginOf(entry), StringComparison.OrdinalIgnoreCase)))
        {
            reader.Contradict(
                $"Setting {TrustedHosts.OriginsKey} has '{entry}', which no browser sends as an origin; it must be {Any} or scheme://host[:port], "
                + $"without a path and without the scheme's own port, such as {OriginOf(entry) ?? Example}.");
        }

        return new OriginSettings { All = all };
    }

    /// <summary>The origin of an address, as browsers write it; null of a text that is no address with a host.</summary>
    private static string? OriginOf(string text)
    {
        if (text.Contains('*', StringComparison.Ordinal) || !Uri.TryCreate(text, UriKind.Absolute, out Uri? page) || page.Host.Length == 0)
        {
            return null;
        }

        string host = page.HostNameType == UriHostNameType.IPv6 ? page.Host : page.IdnHost;
        return page.IsDefaultPort ? $"{page.Scheme}://{host}" : $"{page.Scheme}://{host}:{page.Port}";
    }
}
