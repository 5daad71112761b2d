using Deq.Api.Requests.Addresses;
using Deq.Api.Settings;
using Deq.Api.Specs.Servers;

namespace Deq.Api.Specs.Requests.Addresses;

public sealed class ImageAddressSettingsSpecs
{
    [Theory]
    [InlineData("Pictures.example", "https://pictures.example/a")]
    [InlineData("bücher.example", "https://bücher.example/a")]
    [InlineData("bücher.example", "https://xn--bcher-kva.example/a")]
    [InlineData("xn--bcher-kva.example", "https://bücher.example/a")]
    [InlineData("*.Bücher.example:8443", "https://a.bücher.example:8443/a")]
    [InlineData("*", "https://bücher.example/a")]
    public void Let_a_host_be_written_as_addresses_write_it(string hosts, string address)
    {
        ImageAddressSettings settings = AllSettings.Read(("Images:AllowedHosts", hosts)).Of<ImageAddressSettings>();

        (_, string host) = ImageAddress.Read(address, settings);

        Assert.Equal(Assert.Single(settings.AllowedHosts), host);
        Assert.All(host, letter => Assert.True(char.IsAscii(letter)));
    }

    [Theory]
    [InlineData("https://pictures.example")]
    [InlineData("pictures.example/a")]
    [InlineData("user@pictures.example")]
    [InlineData("xn--é.example")]
    public void Refuse_what_is_no_host(string host)
    {
        StartupException refusal = Assert.Throws<StartupException>(() => AllSettings.Read(("Images:AllowedHosts", $"pictures.example,{host}")));

        Assert.Contains($"has '{host}'", Assert.Single(refusal.Faults), StringComparison.Ordinal);
    }
}
