using System.Net;

namespace Deq.Api.Settings;

/// <summary>Addresses at which the server listens, as the web server reads them: <c>localhost</c>, an IP address, or any other host, such as <c>*</c>, for all addresses of the machine.</summary>
internal static class ListenAddress
{
    /// <summary>What the setting of an address must be.</summary>
    public const string Rule = "must be an address to listen at, such as http://127.0.0.1:8001, or http://*:8001 for every address of the machine";

    private const string Localhost = "localhost";

    /// <summary>Whether the web server takes a text as an address: http or https, a host, perhaps a port, and no path; or a socket or pipe of this machine.</summary>
    public static bool Is(string text)
    {
        if (Parse(text) is not { PathBase.Length: 0 } address)
        {
            return false;
        }

        // The parser looks neither at the host nor at the range of the port.
        string host = address.Host is "*" or "+" || address.IsUnixPipe || address.IsNamedPipe || IPAddress.TryParse(address.Host, out _) ? Localhost
            : address.Host.StartsWith("*.", StringComparison.Ordinal) ? address.Host[2..]
            : address.Host;
        return Uri.TryCreate($"{address.Scheme}://{host}:{address.Port}", UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https";
    }

    /// <summary>The host by which requests name a loopback address; null of any other, also of one that cannot be read.</summary>
    public static string? LoopbackHostOf(string text) => Parse(text)?.Host is not { } host ? null
        : host.Equals(Localhost, StringComparison.OrdinalIgnoreCase) ? Localhost
        : !IPAddress.TryParse(host, out IPAddress? number) || !IPAddress.IsLoopback(number) ? null
        : host.StartsWith('[') ? $"[{number}]" : $"{number}";

    /// <summary>The addresses that are set, as the framework chooses them: endpoints alone where there are any, otherwise addresses, and ports where there are none of those.</summary>
    public static IReadOnlyList<string> AllIn(IConfiguration configuration) => [.. SetIn(configuration).Select(set => set.Address)];

    /// <summary>What is wrong with the addresses that are set, one sentence each: the framework looks at them when the server listens, names no setting, and stops at the first.</summary>
    public static IEnumerable<string> FaultsIn(IConfiguration configuration) => SetIn(configuration)
        .Where(set => set.Address.Length > 0 && !Is(set.Address)).Select(set => $"Setting {set.Setting} names '{set.Address}', which {Rule}.");

    private static (string Setting, string Address)[] SetIn(IConfiguration configuration)
    {
        IConfigurationSection[] endpoints = [.. configuration.GetSection("Kestrel:Endpoints").GetChildren()];
        if (endpoints.Length > 0)
        {
            return [.. endpoints.Select(endpoint => ($"{endpoint.Path}:Url", endpoint["Url"] ?? ""))];
        }

        (string, string)[] urls = Listed(WebHostDefaults.ServerUrlsKey, "");
        return urls.Length > 0 ? urls : [.. Listed(WebHostDefaults.HttpPortsKey, "http://*:"), .. Listed(WebHostDefaults.HttpsPortsKey, "https://*:")];

        (string, string)[] Listed(string setting, string start) =>
        [
            .. (configuration[setting] ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(text => (setting, start + text)),
        ];
    }

    private static BindingAddress? Parse(string text)
    {
        try
        {
            return BindingAddress.Parse(text);
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
