using System.Net;
using Deq.Api.Models.Sources;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using static Deq.Api.Specs.Servers.SourcedServers;

namespace Deq.Api.Specs.Models.Sources;

public sealed class SourceRedirectsSpecs : IDisposable
{
    private const string Web = "https://models.example/a/manifest.json";
    private const string Own = "http://127.0.0.1:9000/a/manifest.json";

    private readonly SourcedServers _servers = new();

    public void Dispose() => _servers.Dispose();

    [Theory]
    [InlineData(Web, "https://store.example/b?sig=1", "https://store.example/b?sig=1")]
    [InlineData(Web, "/b", "https://models.example/b")]
    [InlineData(Web, "b?c", "https://models.example/a/b?c")]
    [InlineData(Web, "//store.example/b", "https://store.example/b")]
    [InlineData(Own, "http://[::1]:9001/b", "http://[::1]:9001/b")]
    [InlineData(Own, "https://models.example/b", "https://models.example/b")]
    [InlineData(Own, "/b", "http://127.0.0.1:9000/b")]
    public void Lead_where_the_settings_may(string asked, string location, string expected) =>
        Assert.Equal(expected, Next(asked, asked, location).AbsoluteUri);

    [Theory]
    [InlineData(Own, "http://192.0.2.2/b")]
    [InlineData(Own, "//models.example/b")]
    [InlineData(Own, "http://user:secret@127.0.0.1:9000/b")]
    [InlineData(Web, "https://user:secret@models.example/b")]
    [InlineData(Web, "https://models.example/b#secret")]
    [InlineData(Web, "http://127.0.0.1/b")]
    [InlineData(Web, "file:///secret")]
    [InlineData(Web, "news:secret")]
    [InlineData(Web, "ldap:///")]
    [InlineData(Web, "urn:a:secret")]
    [InlineData(Web, "net.pipe://secret/")]
    [InlineData(Web, "s3://secret/b")]
    [InlineData(Web, "//")]
    [InlineData(Web, "///secret")]
    [InlineData(Web, "https://")]
    [InlineData(Web, "https://[secret")]
    [InlineData(Web, "")]
    public void Lead_nowhere_else(string asked, string location)
    {
        SourceException fault = Assert.Throws<SourceException>(() => Next(asked, asked, location));

        Assert.StartsWith("manifest.json is redirected ", fault.Message);
        Assert.DoesNotContain("secret", fault.Message.Replace("may be a secret", "", StringComparison.Ordinal));
        Assert.False(fault.MayPass);
    }

    [Theory]
    [InlineData("https://other.example/a?sig=a%2Fb", false)]
    [InlineData("https://other.example/a?c=d&sig=a%2Fb", false)]
    [InlineData("https://other.example/a?sig=another", true)]
    [InlineData("/b?sig=a%2Fb", true)]
    public void Hand_the_query_of_a_source_to_no_other_server(string location, bool isFollowed)
    {
        string asked = Web + "?sig=a%2Fb";

        Exception? fault = Record.Exception(() => Next(asked, asked, location));

        Assert.Equal(isFollowed, fault is null);
    }

    [Fact]
    public void Hand_the_query_of_a_source_to_no_other_server_at_a_later_step() =>
        Assert.Throws<SourceException>(() => Next(Web + "?sig=1", "https://other.example/a", "https://third.example/a?sig=1"));

    [Theory]
    [InlineData("file:///etc/passwd")]
    [InlineData("news:x")]
    [InlineData("ldap:///")]
    [InlineData("urn:a:b")]
    [InlineData("//")]
    [InlineData("net.pipe://x/")]
    [InlineData("http://192.0.2.2:80/manifest.json")]
    public async Task To_where_no_source_may_be_are_outlived_and_the_source_is_asked_again(string location)
    {
        await using SourceServer source = await SourceServer.Start();
        source.Fault = (_, asked) => asked <= 2 ? SourceServer.Redirect(location) : null;

        WebApplicationFactory<Program> server = _servers.Serve(source);
        _servers.Await(server);

        await Classify(server, "far").Ok();
        Assert.Contains(_servers.Log, line => line.Contains("will be asked again: manifest.json is redirected", StringComparison.Ordinal));
        Assert.False(server.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested);
    }

    [Fact]
    public async Task Are_followed_on_the_loopback_address()
    {
        await using SourceServer source = await SourceServer.Start();
        await using SourceServer other = await SourceServer.Start();
        source.Fault = (path, _) => SourceServer.Redirect($"{other.Address}{path}");

        WebApplicationFactory<Program> server = _servers.Serve(source);
        _servers.Await(server);

        Assert.Equal((1, 1, ""), (source.AskedFor("manifest.json"), other.AskedFor("manifest.json"), other.Query));
    }

    [Fact]
    public async Task Are_followed_five_times_and_no_more()
    {
        await using SourceServer source = await SourceServer.Start();
        source.Fault = (path, asked) => path == "manifest.json" && asked <= 11 ? SourceServer.Redirect(path) : null;

        _servers.Await(_servers.Serve(source));

        Assert.Equal(12, source.AskedFor("manifest.json"));
        Assert.Contains("manifest.json is redirected more than 5 times.", Assert.Single(_servers.Log), StringComparison.Ordinal);
    }

    private static Uri Next(string source, string asked, string location)
    {
        using var response = new HttpResponseMessage(HttpStatusCode.Found);
        response.Headers.TryAddWithoutValidation("Location", location);
        Assert.True(SourceRedirects.IsRedirect(response));
        return SourceRedirects.Next(response, new Uri(asked), new Uri(source), "manifest.json");
    }
}
