using System.Net;
using System.Net.WebSockets;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Deq.Testing.Bundles;
using Microsoft.AspNetCore.TestHost;

namespace Deq.Api.Specs.Requests;

public sealed class TrustedHostsSpecs
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("localhost", null, HttpStatusCode.OK)]
    [InlineData("127.0.0.1", null, HttpStatusCode.OK)]
    [InlineData("[::1]", null, HttpStatusCode.OK)]
    [InlineData("rebound.example", null, HttpStatusCode.BadRequest)]
    [InlineData("127.0.0.1.rebound.example", null, HttpStatusCode.BadRequest)]
    [InlineData("deq.example", "deq.example", HttpStatusCode.OK)]
    [InlineData("localhost", "deq.example", HttpStatusCode.BadRequest)]
    public async Task Of_a_server_on_loopback_are_its_own_names_or_those_that_are_set(string host, string? allowed, HttpStatusCode expected)
    {
        using Server server = allowed is null ? new Server() : new Server((TrustedHosts.HostsKey, allowed));
        server.UseKestrel();
        using HttpClient client = server.CreateClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/models");
        request.Headers.Host = $"{host}:{client.BaseAddress!.Port}";

        using HttpResponseMessage answer = await client.SendAsync(request, Cancellation);

        Assert.Equal(expected, answer.StatusCode);
        Assert.Equal(expected == HttpStatusCode.OK ? "application/json" : "application/problem+json", answer.Content.Headers.ContentType?.MediaType);
    }

    [Theory]
    [InlineData("HTTP/1.1", "Host: \r\n", null, false)]
    [InlineData("HTTP/1.1", "Host: \r\n", "deq.example", false)]
    [InlineData("HTTP/1.1", "Host: \r\n", "*", true)]
    [InlineData("HTTP/1.0", "", null, false)]
    [InlineData("HTTP/1.0", "", "*", true)]
    public async Task Refuse_a_request_without_a_host_where_hosts_are_listed(string protocol, string header, string? allowed, bool isServed)
    {
        using Server server = allowed is null ? new Server() : new Server((TrustedHosts.HostsKey, allowed));
        server.UseKestrel();
        using HttpClient client = server.CreateClient();
        using RawClient raw = await RawClient.Connect(client.BaseAddress!);

        await raw.Send($"GET /api/v1/models {protocol}\r\n{header}Connection: close\r\n\r\n");
        string answer = await raw.ReadToEnd();

        Assert.StartsWith(isServed ? "HTTP/1.1 200" : "HTTP/1.1 400", answer, StringComparison.Ordinal);
        Assert.Equal(!isServed, answer.Contains("urn:deq:problem:malformed-request", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(null, "", true)]
    [InlineData("", "", false)]
    [InlineData("http://localhost", "", true)]
    [InlineData("http://elsewhere.example", "", false)]
    [InlineData("http://localhost:81", "", false)]
    [InlineData("null", "", false)]
    [InlineData("x", "", false)]
    [InlineData("localhost", "", false)]
    [InlineData("://", "", false)]
    [InlineData("https://app.example", "https://other.example;https://app.example", true)]
    public async Task Open_sockets_for_their_own_pages_alone(string? origin, string trusted, bool isOpened)
    {
        using var server = new StreamServer((TrustedHosts.OriginsKey, trusted));
        using HttpClient client = server.Caller();
        string stream = await StreamServer.Open(client);
        WebSocketClient sockets = server.Server.CreateWebSocketClient();
        sockets.ConfigureRequest = request =>
        {
            request.Headers["X-Api-Key"] = "one";
            request.Headers.Origin = origin;
        };

        Exception? refusal = await Record.ExceptionAsync(async () =>
        {
            using WebSocket socket = await sockets.ConnectAsync(new Uri($"ws://localhost{stream}/ws"), Cancellation);
        });

        Assert.Equal(isOpened, refusal is null);
        Assert.Contains(isOpened ? "" : $"{ProblemKinds.OriginNotAllowed.Status}", refusal?.Message ?? "", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://127.0.0.1:0", HttpStatusCode.BadRequest)]
    [InlineData("http://0.0.0.0:0", HttpStatusCode.OK)]
    public async Task Are_looked_at_where_every_endpoint_that_is_set_is_on_loopback(string endpoint, HttpStatusCode expected)
    {
        using var models = new TemporaryFolder();
        TinyBundle.Write(models["tiny"]);
        (ServerProcess process, HttpClient client) = await ServerProcess.Start($"--Models:Directory={models.Path}", $"--Kestrel:Endpoints:Http:Url={endpoint}");
        await using ServerProcess server = process;
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{client.BaseAddress!.Port}/api/v1/models");
        request.Headers.Host = "rebound.example";

        using HttpResponseMessage answer = await client.SendAsync(request, Cancellation);

        Assert.Equal(expected, answer.StatusCode);
        client.Dispose();
    }

    [Theory]
    [InlineData("127.0.0.2", HttpStatusCode.OK)]
    [InlineData("localhost", HttpStatusCode.OK)]
    [InlineData("rebound.example", HttpStatusCode.BadRequest)]
    public async Task Have_the_loopback_address_that_is_set_among_them(string host, HttpStatusCode expected)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Other systems have one loopback address.");
        using var models = new TemporaryFolder();
        TinyBundle.Write(models["tiny"]);
        (ServerProcess process, HttpClient client) = await ServerProcess.Start($"--Models:Directory={models.Path}", "--Kestrel:Endpoints:Http:Url=http://127.0.0.2:0");
        await using ServerProcess server = process;
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.2:{client.BaseAddress!.Port}/api/v1/models");
        request.Headers.Host = host;

        using HttpResponseMessage answer = await client.SendAsync(request, Cancellation);

        Assert.Equal(expected, answer.StatusCode);
        client.Dispose();
    }
}
