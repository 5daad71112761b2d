using Deq.Api.Models.Sources;
using Deq.Api.Settings;
using Deq.Api.Specs.Servers;

namespace Deq.Api.Specs.Models.Sources;

public sealed class StoreSettingsSpecs
{
    private static readonly (string Key, string Value)[] s_source =
        [("Models:Sources:flow:Address", "s3://bundles/flow"), ("Models:Sources:flow:Sha256", new string('a', 64))];

    private static readonly (string Key, string Value)[] s_key = [("AWS_ACCESS_KEY_ID", "AKID"), ("AWS_SECRET_ACCESS_KEY", "hidden")];

    [Fact]
    public void Are_amazons_in_the_region_unless_an_endpoint_is_given()
    {
        StoreSettings amazon = Read(("Models:S3:Region", "eu-central-1"))!;
        StoreSettings other = Read(("Models:S3:Endpoint", "https://store.example:9000"))!;

        Assert.Equal(("https://s3.eu-central-1.amazonaws.com/", "eu-central-1", false), (amazon.Endpoint.AbsoluteUri, amazon.Region, amazon.IsPathStyle));
        Assert.Equal(("https://store.example:9000/", "us-east-1", true), (other.Endpoint.AbsoluteUri, other.Region, other.IsPathStyle));
    }

    [Fact]
    public void Take_the_key_of_the_section_before_that_of_the_variables_and_never_parts_of_both()
    {
        (string, string)[] own = [("Models:S3:Region", "eu-central-1"), ("Models:S3:AccessKeyId", "OWN"), ("Models:S3:SecretAccessKey", "own")];

        StoreSettings fromVariables = Read(("Models:S3:Region", "eu-central-1"), ("AWS_SESSION_TOKEN", "token"))!;
        StoreSettings fromSection = Read([.. own, ("AWS_SESSION_TOKEN", "token")])!;

        Assert.Equal(("AKID", "hidden", "token"), Parts(fromVariables));
        Assert.Equal(("OWN", "own", ""), Parts(fromSection));
        Assert.Contains("SecretAccessKey", Assert.Single(Faults(("Models:S3:Region", "eu-central-1"), ("Models:S3:AccessKeyId", "OWN"))));
    }

    [Fact]
    public void Are_none_without_sources_that_need_them() => Assert.Null(AllSettings.Read(s_key).Of<SourceSettings>().Store);

    [Fact]
    public void List_every_fault_and_show_no_secret()
    {
        StartupException refusal = Assert.Throws<StartupException>(() => AllSettings.Read(
        [
            .. s_source, ("Models:S3:SecretAccessKey", "hidden"), ("Models:S3:Endpoint", "https://user:hidden@store.example/path"), ("Models:S3:Region", "Frankfurt am Main"),
            ("Models:S3:PathStyle", "perhaps"), ("Models:S3:Bucket", "bundles"),
        ]));

        string[] named = ["Models:S3:PathStyle is", "Models:S3:Bucket is unknown", "AccessKeyId and SecretAccessKey", "Models:S3:Region is 'Frankfurt am Main'", "Models:S3:Endpoint must"];
        Assert.All(named, name => Assert.Single(refusal.Faults, fault => fault.Contains(name, StringComparison.Ordinal)));
        Assert.Equal(named.Length, refusal.Faults.Count);
        Assert.DoesNotContain("hidden", string.Join('\n', refusal.Faults));
    }

    [Theory]
    [InlineData("Models:S3:Region must be given")]
    [InlineData("Models:S3:Endpoint must", "Models:S3:Endpoint", "http://store.example")]
    [InlineData("Models:S3:Endpoint must", "Models:S3:Endpoint", "https://store.example/base")]
    [InlineData("Models:S3:Endpoint must", "Models:S3:Endpoint", "store.example")]
    public void Name_what_is_missing_or_no_place(string named, string key = "Models:S3:PathStyle", string value = "true")
    {
        string fault = Assert.Single(Faults([.. s_key, (key, value)]));

        Assert.Contains(named, fault);
    }

    [Theory]
    [InlineData("s3://bundles/flow", true)]
    [InlineData("s3://my.bundles-1", true)]
    [InlineData("s3:///flow", false)]
    [InlineData("s3://My_Bundles!/flow", false)]
    [InlineData("s3://bundles:443/flow", false)]
    [InlineData("s3://key:hidden@bundles/flow", false)]
    [InlineData("s3://bundles/flow?versionId=1", false)]
    [InlineData("s3://bundles/flow#1", false)]
    public void Belong_to_addresses_of_a_bucket_and_a_folder(string address, bool isTaken)
    {
        (string, string)[] settings = [.. s_key, ("Models:S3:Region", "eu-central-1"), ("Models:Sources:flow:Address", address), s_source[1]];

        StartupException? refusal = Record.Exception(() => AllSettings.Read(settings)) as StartupException;

        Assert.Equal(isTaken, refusal is null);
        Assert.DoesNotContain("hidden", refusal?.Message ?? "");
    }

    private static StoreSettings? Read(params (string Key, string Value)[] settings) => AllSettings.Read([.. s_source, .. s_key, .. settings]).Of<SourceSettings>().Store;

    private static IReadOnlyList<string> Faults(params (string Key, string Value)[] settings) =>
        Assert.Throws<StartupException>(() => AllSettings.Read([.. s_source, .. settings])).Faults;

    private static (string Id, string Secret, string Token) Parts(StoreSettings store)
    {
        Amazon.Runtime.ImmutableCredentials parts = store.Credentials.GetCredentials();
        Assert.DoesNotContain(parts.SecretKey, store.ToString());
        return (parts.AccessKey, parts.SecretKey, parts.Token);
    }
}
