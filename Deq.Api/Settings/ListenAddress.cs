using System.Net;

namespace Deq.Api.Settings;

/// <summary>Addresses at which the server listens, as the web server reads them: <c>localhost</c>, an IP address, or any other host, such as <c>*</c>, for all addresses of the machine.</summary>
internal static class ListenAddress
{
    private const string Localhost = "localhost";

    /// <summary>Whether the web server takes a text as an address: http or https, a host, perhaps a port, and no path.</summary>
    public static bool Is(string text)
    {
        if (Parse(text) is not { PathBase.Length: 0 } address)
        {
            return false;
        }

        // The parser looks neither at the host nor at the range of the port.
        string host = address.Host is "*" or "+" ? Localhost : address.Host;
        return Uri.TryCreate($"{address.Scheme}://{host}:{address.Port}", UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https";
    }

    /// <summary>The host by which requests name a loopback address; null of any other, also of one that cannot be read.</summary>
    public static string? LoopbackHostOf(string text) => Parse(text)?.Host is not { } host ? null
        : host.Equals(Localhost, StringComparison.OrdinalIgnoreCase) ? Localhost
        : !IPAddress.TryParse(host, out IPAddress? number) || !IPAddress.IsLoopback(number) ? null
        : host.StartsWith('[') ? $"[{number}]" : $"{number}";

    /// <summary>The addresses that are set, as the framework chooses them: endpoints alone where there are any, otherwise addresses, and ports where there are none of those.</summary>
    public static IReadOnlyList<string> AllIn(IConfiguration configuration)
    {
        IConfigurationSection[] endpoints = [.. configuration.GetSection("Kestrel:Endpoints").GetChildren()];
        if (endpoints.Length > 0)
        {
            return [.. endpoints.Select(endpoint => endpoint["Url"] ?? "")];
        }

        string[] urls = Listed(configuration[WebHostDefaults.ServerUrlsKey]);
        return urls.Length > 0 ? urls :
        [
            .. Listed(configuration[WebHostDefaults.HttpPortsKey]).Select(port => $"http://*:{port}"),
            .. Listed(configuration[WebHostDefaults.HttpsPortsKey]).Select(port => $"https://*:{port}"),
        ];
    }

    private static string[] Listed(string? text) => (text ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

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
