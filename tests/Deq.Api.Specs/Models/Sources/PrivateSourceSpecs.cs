using System.Text.Json;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Microsoft.AspNetCore.Mvc.Testing;

namespace Deq.Api.Specs.Models.Sources;

/// <summary>A bundle in a private bucket of a store that recomputes the signature of every request.</summary>
public sealed class PrivateSourceSpecs : IDisposable
{
    private readonly SourcedServers _servers = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _servers.Dispose();

    [Fact]
    public async Task Is_fetched_by_signed_requests_and_served()
    {
        await using SourceServer store = await Start();

        WebApplicationFactory<Program> server = Serve(store);

        _servers.Await(server);
        Assert.Equal((1, 1), (store.AskedFor("manifest.json"), store.AskedFor("cell.onnx")));
        Assert.Equal([store.Sha256], Directory.GetFileSystemEntries(_servers.Cache.Path).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData("AWS_SECRET_ACCESS_KEY", "another", "403 (SignatureDoesNotMatch): the secret key is not that of the access key")]
    [InlineData("AWS_ACCESS_KEY_ID", "ANOTHER", "403 (InvalidAccessKeyId): the store does not know the access key")]
    [InlineData("AWS_SESSION_TOKEN", "another", "403 (InvalidToken): the session token is wrong or its time is over")]
    [InlineData("Models:S3:Region", "eu-west-1", "400 (AuthorizationQueryParametersError): Models:S3:Region or Models:S3:Endpoint is not the bucket's")]
    [InlineData("Models:Sources:far:Address", "", "403 (AccessDenied): the access key may not read the object")]
    public async Task Says_why_it_is_refused_and_shows_no_secret(string key, string value, string reason)
    {
        await using SourceServer store = await Start();

        WebApplicationFactory<Program> server = Serve(store, (key, value.Length > 0 ? value : store.Address));

        _servers.AwaitLine(reason);
        string shown = string.Join('\n', [.. _servers.Lines.All, .. await Shown(server)]);
        Assert.Contains(reason.Split(':')[0], shown);
        Assert.All([PrivateStore.Id, PrivateStore.Secret, PrivateStore.Token, "X-Amz-"], secret => Assert.DoesNotContain(secret, shown));
    }

    [Fact]
    public async Task Sends_no_signature_to_where_it_is_redirected()
    {
        await using SourceServer store = await SourceServer.Start();
        await using SourceServer other = await SourceServer.Start();
        store.Fault = (path, _) => (http, file) => SourceServer.Redirect($"{other.Address}{path}{http.Request.QueryString}")(http, file);

        Serve(store);
        _servers.AwaitLine("manifest.json is answered with 302, and a signed request is not redirected.");

        Assert.Equal(0, other.Asked);
    }

    private static async Task<SourceServer> Start()
    {
        SourceServer store = await SourceServer.Start();
        store.Fault = (_, _) => async (http, file) =>
        {
            if (!await PrivateStore.RefusesAsync(http))
            {
                await http.Response.Body.WriteAsync(file);
            }
        };
        return store;
    }

    /// <summary>What clients can see of the source.</summary>
    private static async Task<string[]> Shown(WebApplicationFactory<Program> server)
    {
        using HttpClient client = SourcedServers.Client(server);
        JsonElement models = await client.GetAsync("/api/v1/models", Cancellation).Ok();
        JsonElement index = await client.PostAsync("/v2/repository/index", null, Cancellation).Ok();
        return [models.GetRawText(), index.GetRawText()];
    }

    private WebApplicationFactory<Program> Serve(SourceServer store, params (string Key, string Value)[] settings) => _servers.Serve(
        store,
        [
            ("Models:Sources:far:Address", "s3://bundles/some%20bundles/far"),
            ("Models:S3:Endpoint", new Uri(store.Address).GetLeftPart(UriPartial.Authority)),
            ("Models:S3:Region", PrivateStore.Region),
            ("AWS_ACCESS_KEY_ID", PrivateStore.Id),
            ("AWS_SECRET_ACCESS_KEY", PrivateStore.Secret),
            ("AWS_SESSION_TOKEN", PrivateStore.Token),
            .. settings,
        ]);
}
