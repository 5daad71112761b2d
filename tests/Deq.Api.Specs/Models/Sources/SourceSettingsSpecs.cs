using Deq.Api.Models.Sources;
using Deq.Api.Settings;
using Deq.Api.Specs.Servers;

namespace Deq.Api.Specs.Models.Sources;

public sealed class SourceSettingsSpecs
{
    private static readonly string s_hash = new('A', 64);

    [Theory]
    [InlineData("https://models.example/a/b")]
    [InlineData("https://models.example:9000/bucket/a?X-Amz-Signature=1")]
    [InlineData("http://127.0.0.1:9000/a")]
    [InlineData("http://[::1]:9000/a")]
    public void Take_https_and_http_on_the_loopback_address(string address)
    {
        SourceSettings settings = Read(address, s_hash);

        ModelSource source = Assert.Single(settings.All);
        Assert.Equal(("flow", address, s_hash.ToLowerInvariant()), (source.Name, source.Address.OriginalString, source.Sha256));
    }

    [Theory]
    [InlineData("http://models.example/a")]
    [InlineData("https://user:secret@models.example/a")]
    [InlineData("https://models.example/a#b")]
    [InlineData("file:///etc")]
    [InlineData("models")]
    [InlineData("")]
    public void Refuse_other_addresses(string address)
    {
        StartupException refusal = Assert.Throws<StartupException>(() => Read(address, s_hash));

        string fault = Assert.Single(refusal.Faults);
        Assert.Contains("Models:Sources:Flow:Address", fault);
        Assert.DoesNotContain("secret", fault);
    }

    [Theory]
    [InlineData("")]
    [InlineData("abc")]
    public void Refuse_what_is_no_hash(string hash)
    {
        StartupException refusal = Assert.Throws<StartupException>(() => Read("https://models.example/a", hash));

        Assert.Contains("Models:Sources:Flow:Sha256", Assert.Single(refusal.Faults));
    }

    [Theory]
    [InlineData("https://models.example/a/", "cell.onnx", "https://models.example/a/cell.onnx")]
    [InlineData("https://models.example/some%20models?sig=a%2Fb%3D", "parts/a b#?.onnx", "https://models.example/some%20models/parts/a%20b%23%3F.onnx?sig=a%2Fb%3D")]
    public void Make_addresses_of_files(string address, string path, string expected) =>
        Assert.Equal(expected, new ModelSource("flow", new Uri(address), s_hash).AddressOf(path).AbsoluteUri);

    private static SourceSettings Read(string address, string hash) =>
        AllSettings.Read(("Models:Sources:Flow:Address", address), ("Models:Sources:Flow:Sha256", hash)).Of<SourceSettings>();
}
