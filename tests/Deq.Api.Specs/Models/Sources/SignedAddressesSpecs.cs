using Deq.Api.Models.Sources;
using Deq.Api.Specs.Servers;

namespace Deq.Api.Specs.Models.Sources;

public sealed class SignedAddressesSpecs
{
    private const string Odd = "parts/a b#?+%ü(1)~'*!.onnx";

    [Theory]
    [InlineData("https://bundles.s3.eu-central-1.amazonaws.com/")]
    [InlineData("https://store.example:9000/bundles/", "Endpoint=https://store.example:9000")]
    [InlineData("http://127.0.0.1:9000/bundles/", "Endpoint=http://127.0.0.1:9000")]
    [InlineData("https://bundles.store.example/", "Endpoint=https://store.example", "PathStyle=false")]
    [InlineData("https://s3.eu-central-1.amazonaws.com/bundles/", "PathStyle=true")]
    public void Are_of_the_object_and_have_the_signature_that_a_store_computes(string folder, params string[] settings)
    {
        using SignedAddresses addresses = Of([.. settings, "SessionToken=" + PrivateStore.Token]);

        Uri signed = addresses.Of(new ModelSource("flow", new Uri("s3://bundles/some%20folder/flow/"), "").AddressOf(Odd));
        IReadOnlyDictionary<string, string> query = S3Signature.QueryOf(signed.PathAndQuery);

        Assert.StartsWith(folder, signed.AbsoluteUri);
        Assert.Equal("some folder/flow/" + Odd, Uri.UnescapeDataString(signed.AbsoluteUri[folder.Length..signed.AbsoluteUri.IndexOf('?', StringComparison.Ordinal)]));
        Assert.Equal(S3Signature.Of(signed.Authority, signed.PathAndQuery, PrivateStore.Secret), query["X-Amz-Signature"]);
        Assert.Equal((PrivateStore.Token, "900"), (query["X-Amz-Security-Token"], query["X-Amz-Expires"]));
    }

    [Fact]
    public void Leave_addresses_of_the_web_as_they_are()
    {
        using SignedAddresses addresses = Of();
        Uri web = new("https://models.example/a/cell.onnx?sig=a%2Fb");

        Assert.Same(web, addresses.Of(web));
        Assert.Equal("models.example", addresses.ServerOf(web));
    }

    [Fact]
    public void Of_all_buckets_are_on_one_server()
    {
        using SignedAddresses addresses = Of("Endpoint=https://store.example:9000");

        Assert.Equal(("store.example:9000", "store.example:9000"), (addresses.ServerOf(new Uri("s3://one/a")), addresses.ServerOf(new Uri("s3://two/a"))));
    }

    private static SignedAddresses Of(params string[] settings)
    {
        string[] all = [$"AccessKeyId={PrivateStore.Id}", $"SecretAccessKey={PrivateStore.Secret}", $"Region={PrivateStore.Region}", .. settings];
        (string Key, string Value)[] pairs = [.. all.Select(setting => setting.Split('=', 2)).Select(parts => ($"Models:S3:{parts[0]}", parts[1]))];
        return new SignedAddresses(AllSettings.Read(pairs).Of<SourceSettings>(), TimeProvider.System);
    }
}
