using System.Net;
using System.Text.RegularExpressions;
using Deq.Api.Page;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Microsoft.Extensions.DependencyInjection;

namespace Deq.Api.Specs.Page;

public sealed partial class PageEndpointsSpecs : IDisposable
{
    private readonly Server _server = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private HttpClient Client => _server.CreateClient();

    public void Dispose() => _server.Dispose();

    [Theory]
    [InlineData("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8", true)]
    [InlineData("text/html", true)]
    [InlineData("application/json", false)]
    [InlineData("application/json, text/html;q=0.9", false)]
    [InlineData("*/*", false)]
    [InlineData(null, false)]
    public async Task Is_for_browsers_and_everybody_else_gets_links(string? accept, bool isPage)
    {
        using HttpResponseMessage response = await Get("/", accept);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(isPage ? "text/html" : "application/json", response.Content.Headers.ContentType?.MediaType);
        Assert.Contains("Accept", response.Headers.Vary);
        Assert.Contains("/swagger", await response.Content.ReadAsStringAsync(Cancellation));
    }

    [Fact]
    public async Task Finds_every_file_that_it_names()
    {
        string[] files = [.. PageFile.ReadAll().Select(file => file.Name)];
        string index = await Client.GetStringAsync("/page/index.html", Cancellation);
        var named = new HashSet<string>(Names().Matches(index).Select(match => match.Groups["path"].Value));
        foreach (string script in files.Where(file => file.EndsWith(".js", StringComparison.Ordinal) && !file.Contains('/', StringComparison.Ordinal)))
        {
            named.UnionWith(Imports().Matches(await Client.GetStringAsync($"/page/{script}", Cancellation)).Select(match => match.Groups["path"].Value));
        }

        Assert.True(named.Count >= 8, string.Join(' ', named));
        foreach (string path in named)
        {
            using HttpResponseMessage response = await Client.GetAsync(path, Cancellation);
            Assert.True(response.StatusCode == HttpStatusCode.OK, path);
        }
    }

    [Fact]
    public async Task Leads_from_its_foot_to_what_documents_the_server()
    {
        string index = await Client.GetStringAsync("/page/index.html", Cancellation);

        string foot = index[index.IndexOf("<footer>", StringComparison.Ordinal)..];

        Assert.Equal(["/swagger", "/swagger/v1/swagger.json"], Names().Matches(foot).Select(match => match.Groups["path"].Value));
    }

    [Fact]
    public async Task Allows_nothing_within_its_text_and_nothing_from_elsewhere()
    {
        foreach (PageFile file in PageFile.ReadAll())
        {
            using HttpResponseMessage response = await Get($"/page/{file.Name}", null);
            string policy = Assert.Single(response.Headers.GetValues("Content-Security-Policy"));

            Assert.StartsWith("default-src 'none'; script-src 'self'; style-src 'self';", policy);
            Assert.DoesNotContain("unsafe", policy);
            Assert.DoesNotContain("http", policy);
            Assert.Equal("nosniff", Assert.Single(response.Headers.GetValues("X-Content-Type-Options")));
        }

        string index = await Client.GetStringAsync("/page/index.html", Cancellation);
        Assert.DoesNotMatch(@"<script(?![^>]*\ssrc=)|\son\w+=|\sstyle=|<style|https?:", index);
    }

    [Fact]
    public async Task Is_not_sent_again_to_who_has_it()
    {
        using HttpResponseMessage first = await Get("/page/app.js", null);
        using HttpRequestMessage again = new(HttpMethod.Get, "/page/app.js");
        again.Headers.IfNoneMatch.Add(first.Headers.ETag!);

        using HttpResponseMessage second = await Client.SendAsync(again, Cancellation);

        Assert.Equal("text/javascript", first.Content.Headers.ContentType?.MediaType);
        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/page/app.js")]
    public async Task Is_not_sent_where_the_clients_share_has_no_room_for_copies(string path)
    {
        HeldBodies bodies = _server.Services.GetRequiredService<HeldBodies>();
        using HeldBodies.Share other = bodies.Open("", "another client"), third = bodies.Open("", "a third");
        other.Add(bodies.MostOfOne);
        third.Add(bodies.MostOfOne - 1);

        await Get(path, "text/html").Problem(ProblemKinds.Overloaded);
    }

    [Fact]
    public void Ships_the_licence_of_whatever_others_wrote()
    {
        string[] vendored = [.. PageFile.ReadAll().Select(file => file.Name).Where(name => name.StartsWith("vendor/", StringComparison.Ordinal))];

        Assert.NotEmpty(vendored);
        Assert.All(vendored, name => Assert.Contains($"vendor/{name.Split('/', '.')[1]}.LICENSE.txt", vendored));
    }

    private async Task<HttpResponseMessage> Get(string path, string? accept)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, path);
        if (accept is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept", accept);
        }

        return await Client.SendAsync(request, Cancellation);
    }

    [GeneratedRegex("(?:src|href)=\"(?<path>/[^\"]+)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Names();

    [GeneratedRegex("from \"(?<path>/[^\"]+)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Imports();
}
