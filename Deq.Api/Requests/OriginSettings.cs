using Deq.Api.Settings;

namespace Deq.Api.Requests;

/// <summary>
/// Origins beside the server's own whose pages may open sockets and read answers; <see cref="TrustedHosts.OriginsKey"/> of the settings. Beside it
/// <see cref="TrustedHosts.HostsKey"/>, which the framework reads: as a list it would be none, and any host be served.
/// </summary>
internal sealed record OriginSettings
{
    private const string Any = "*";
    private const string Example = "https://app.example";

    public static SettingsSection Section { get; } = SettingsSection.Of((_, reader) => Read(reader));

    /// <summary>As browsers write them, in any case; <c>*</c> is any.</summary>
    public required IReadOnlyList<string> All { get; init; }

    private static OriginSettings Read(SettingsReader reader)
    {
        foreach ((string key, string entries) in new[] { (TrustedHosts.HostsKey, "hosts"), (TrustedHosts.OriginsKey, "origins") })
        {
            if (reader.Children(key).Count > 0)
            {
                reader.Contradict($"Setting {key} is a list; it must be one text, with semicolons between the {entries}.");
            }
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

    /// <summary>The origin of an address, as browsers write it; null of a text that is no address with a host that can be.</summary>
    private static string? OriginOf(string text)
    {
        if (text.Contains('*', StringComparison.Ordinal) || !Uri.TryCreate(text, UriKind.Absolute, out Uri? page) || page.Host.Length == 0
            || InternationalName.Of(page) is not { } host)
        {
            return null;
        }

        return page.IsDefaultPort ? $"{page.Scheme}://{host}" : $"{page.Scheme}://{host}:{page.Port}";
    }
}
