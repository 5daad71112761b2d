using System.Net;
using System.Net.Http.Headers;
using System.Net.WebSockets;
using System.Text.Json;
using Deq.Api.Requests;
using Deq.Api.Specs.Access;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Microsoft.Extensions.DependencyInjection;

namespace Deq.Api.Specs.Streams;

/// <summary>Sockets that clients open within a connection of HTTP/2 (RFC 8441), as browsers do over TLS; here without TLS, by prior knowledge.</summary>
public sealed class Http2SocketsSpecs : IDisposable
{
    private const string Key = "a-secret-of-many-bytes";
    private const string Trusted = "https://app.example";

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private readonly StreamServer _server = new(
        ("urls", "http://127.0.0.1:0"), ("Kestrel:EndpointDefaults:Protocols", "Http2"), (TrustedHosts.OriginsKey, Trusted),
        ("Access:Keys:alice:Sha256", AccessControlSpecs.Hash(Key)));

    private readonly SocketsHttpHandler _connections = new();
    private readonly HttpMessageInvoker _sockets;
    private readonly HttpClient _client;

    public Http2SocketsSpecs()
    {
        _server.UseKestrel();
        _sockets = new HttpMessageInvoker(_connections, disposeHandler: false);
        _client = new HttpClient(_connections, disposeHandler: false)
        {
            BaseAddress = _server.CreateClient().BaseAddress,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _client.Dispose();
        _sockets.Dispose();
        _connections.Dispose();
        _server.Dispose();
    }

    [Theory]
    [InlineData(null)]
    [InlineData(Trusted)]
    public async Task Answer_frames_for_a_key_in_their_address(string? origin)
    {
        string stream = await StreamServer.Open(_client);
        using ClientWebSocket socket = await Connect($"{stream}/ws?access_token={Key}", origin);

        await FrameSockets.Send(socket, StreamServer.Frame(0));
        await FrameSockets.Send(socket, StreamServer.Frame(1));
        JsonElement[] results = await FrameSockets.ReadMany(socket, 2);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Cancellation);

        Assert.Equal([0, 1], results.Select(result => result.GetProperty("index").GetInt32()));
        Assert.Equal(WebSocketCloseStatus.NormalClosure, socket.CloseStatus);
    }

    [Theory]
    [InlineData("", null, "401")]
    [InlineData($"?access_token={Key}", "https://elsewhere.example", "403")]
    [InlineData($"?access_token={Key}&nonesuch=1", null, "400")]
    public async Task Are_refused_as_those_of_HTTP_1_are(string query, string? origin, string status)
    {
        string stream = await StreamServer.Open(_client);

        WebSocketException refusal = await Assert.ThrowsAsync<WebSocketException>(async () =>
        {
            using ClientWebSocket socket = await Connect($"{stream}/ws{query}", origin);
        });

        Assert.Contains(status, refusal.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task End_with_their_client_while_the_connection_stays()
    {
        OpenConnections open = _server.Services.GetRequiredService<OpenConnections>();
        string stream = await StreamServer.Open(_client);
        using ClientWebSocket socket = await Connect($"{stream}/ws?access_token={Key}", origin: null);
        await FrameSockets.Send(socket, StreamServer.Frame(0));
        await FrameSockets.Read(socket);
        int connections = open.Count;

        socket.Abort();
        bool hasEnded = SpinWait.SpinUntil(() => open.Requests == 0, s_patience);
        JsonElement described = await _client.GetAsync(stream, Cancellation).Ok();

        Assert.True(hasEnded, $"{open.Requests} requests");
        Assert.Equal(JsonValueKind.Object, described.ValueKind);
        Assert.Equal(connections, open.Count);
    }

    private async Task<ClientWebSocket> Connect(string path, string? origin)
    {
        var socket = new ClientWebSocket();
        socket.Options.HttpVersion = HttpVersion.Version20;
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        if (origin is not null)
        {
            socket.Options.SetRequestHeader("Origin", origin);
        }

        try
        {
            await socket.ConnectAsync(new UriBuilder(new Uri(_client.BaseAddress!, path)) { Scheme = "ws" }.Uri, _sockets, Cancellation);
            return socket;
        }
        catch (WebSocketException)
        {
            socket.Dispose();
            throw;
        }
    }
}
