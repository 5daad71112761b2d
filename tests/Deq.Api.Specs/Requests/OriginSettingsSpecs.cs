using Deq.Api.Requests;
using Deq.Api.Settings;
using Deq.Api.Specs.Servers;

namespace Deq.Api.Specs.Requests;

public sealed class OriginSettingsSpecs
{
    [Theory]
    [InlineData(null, "")]
    [InlineData("*", "*")]
    [InlineData("https://app.example; http://127.0.0.1:9000 ;", "https://app.example http://127.0.0.1:9000")]
    [InlineData("HTTPS://App.Example;http://[::1]:8080", "HTTPS://App.Example http://[::1]:8080")]
    [InlineData("chrome-extension://abcdefgh", "chrome-extension://abcdefgh")]
    public void Are_taken_as_browsers_send_origins(string? text, string origins) => Assert.Equal(origins, string.Join(' ', Read(text).All));

    [Theory]
    [InlineData("https://app.example/", "https://app.example")]
    [InlineData("https://app.example/page?x=1", "https://app.example")]
    [InlineData("https://user@app.example", "https://app.example")]
    [InlineData("https://app.example:443", "https://app.example")]
    [InlineData("http://app.example:8080/", "http://app.example:8080")]
    [InlineData("app.example", "https://app.example")]
    [InlineData("app.example:8080", "https://app.example")]
    [InlineData("https://*.example", "https://app.example")]
    [InlineData("null", "https://app.example")]
    [InlineData("/app", "https://app.example")]
    [InlineData("https://xn--é.example", "https://app.example")]
    public void Are_refused_where_no_browser_sends_such_an_origin(string entry, string suggested)
    {
        StartupException refusal = Assert.Throws<StartupException>(() => Read($"https://right.example;{entry}"));

        string fault = Assert.Single(refusal.Faults);
        Assert.StartsWith($"Setting AllowedOrigins has '{entry}', ", fault, StringComparison.Ordinal);
        Assert.EndsWith($"such as {suggested}.", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Are_listed_with_the_faults_of_other_settings()
    {
        StartupException refusal = Assert.Throws<StartupException>(
            () => AllSettings.Read(("Limits:Images", "many"), (TrustedHosts.OriginsKey, "one;two"), ($"{TrustedHosts.OriginsKey}:0", "https://app.example")));

        Assert.Equal(4, refusal.Faults.Count);
        Assert.Contains(refusal.Faults, fault => fault.Contains("'one'", StringComparison.Ordinal));
        Assert.Contains(refusal.Faults, fault => fault.Contains("'two'", StringComparison.Ordinal));
        Assert.Contains(refusal.Faults, fault => fault.Contains("is a list", StringComparison.Ordinal));
    }

    [Fact]
    public void Are_refused_as_a_list_and_so_are_hosts()
    {
        StartupException refusal = Assert.Throws<StartupException>(() => AllSettings.Read(($"{TrustedHosts.HostsKey}:0", "deq.example"), ($"{TrustedHosts.OriginsKey}:0", "https://app.example")));

        Assert.Equal(
            [
                "Setting AllowedHosts is a list; it must be one text, with semicolons between the hosts.",
                "Setting AllowedOrigins is a list; it must be one text, with semicolons between the origins.",
            ],
            refusal.Faults);
    }

    private static OriginSettings Read(string? text) => (text is null ? AllSettings.Read() : AllSettings.Read((TrustedHosts.OriginsKey, text))).Of<OriginSettings>();
}
