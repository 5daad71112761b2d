using Deq.Api.Settings;
using Microsoft.Extensions.Configuration;

namespace Deq.Api.Specs.Settings;

public sealed class ListenAddressSpecs
{
    [Theory]
    [InlineData("http://127.0.0.1:8001", true)]
    [InlineData("http://127.0.0.1:0/", true)]
    [InlineData("https://[::1]:8443", true)]
    [InlineData("http://localhost", true)]
    [InlineData("http://*:8001", true)]
    [InlineData("http://+:8001", true)]
    [InlineData("http://deq.example:80", true)]
    [InlineData("http://*.deq.example:80", true)]
    [InlineData("http://::1:80", true)]
    [InlineData("http://unix:/run/deq.sock", true)]
    [InlineData("http://pipe:/deq", true)]
    [InlineData("http://127.0.0.1:80x", false)]
    [InlineData("http://127.0.0.1:99999", false)]
    [InlineData("http://*:80800", false)]
    [InlineData("http://127.0.0.1:8001/path", false)]
    [InlineData("http://:8001", false)]
    [InlineData("ftp://127.0.0.1:21", false)]
    [InlineData("127.0.0.1:8001", false)]
    [InlineData("nonsense", false)]
    public void Is_what_the_web_server_takes(string text, bool isOne) => Assert.Equal(isOne, ListenAddress.Is(text));

    [Theory]
    [InlineData("http://127.0.0.1:8080", "127.0.0.1")]
    [InlineData("http://127.0.0.2:8080", "127.0.0.2")]
    [InlineData("http://127.1:8080", "127.0.0.1")]
    [InlineData("http://LOCALHOST:8080", "localhost")]
    [InlineData("https://[::1]:8443", "[::1]")]
    [InlineData("http://0.0.0.0:80", null)]
    [InlineData("http://*:8080", null)]
    [InlineData("http://+:8080", null)]
    [InlineData("http://deq.example", null)]
    [InlineData("http://loopback:8080", null)]
    [InlineData("nonsense", null)]
    [InlineData("", null)]
    public void Has_the_name_of_its_host_where_only_this_machine_reaches_it(string text, string? host) => Assert.Equal(host, ListenAddress.LoopbackHostOf(text));

    [Theory]
    [InlineData("urls=http://127.0.0.1:80;http://127.0.0.1:80800", "Setting urls names 'http://127.0.0.1:80800', which must be an address")]
    [InlineData("http_ports=80;80800", "Setting http_ports names 'http://*:80800', which must be an address")]
    [InlineData("https_ports=80x", "Setting https_ports names 'https://*:80x', which must be an address")]
    [InlineData("Kestrel:Endpoints:a:Url=nonsense urls=nothing", "Setting Kestrel:Endpoints:a:Url names 'nonsense', which must be an address")]
    [InlineData("urls=http://127.0.0.1:80;http://unix:/run/deq.sock", null)]
    [InlineData("Kestrel:Endpoints:a:Protocols=Http2", null)]
    public void Is_named_with_its_setting_where_it_is_none(string settings, string? fault)
    {
        string[] faults = [.. ListenAddress.FaultsIn(Configured(settings))];

        Assert.Equal(fault is null ? 0 : 1, faults.Length);
        Assert.All(faults, each => Assert.StartsWith(fault!, each, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("urls=http://127.0.0.1:1;https://[::1]:2 http_ports=80", "http://127.0.0.1:1 https://[::1]:2")]
    [InlineData("http_ports=80;81 https_ports=443", "http://*:80 http://*:81 https://*:443")]
    [InlineData("urls=http://127.0.0.1:1 Kestrel:Endpoints:a:Url=http://*:3", "http://*:3")]
    [InlineData("other=1", "")]
    public void Is_chosen_as_the_framework_chooses_addresses(string settings, string addresses) =>
        Assert.Equal(addresses, string.Join(' ', ListenAddress.AllIn(Configured(settings))));

    private static IConfiguration Configured(string settings) => new ConfigurationBuilder()
        .AddInMemoryCollection(settings.Split(' ').ToDictionary(setting => setting.Split('=')[0], string? (setting) => setting.Split('=', 2)[1])).Build();
}
