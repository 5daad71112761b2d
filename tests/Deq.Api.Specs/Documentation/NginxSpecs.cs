using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Deq.Api.Fronts.OpenInference.Rpc.Wire;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Deq.Testing;
using Deq.Testing.Bundles;
using Grpc.Core;
using Grpc.Net.Client;

namespace Deq.Api.Specs.Documentation;

/// <summary>docs/deploy/nginx.conf in front of the server, with other ports and files.</summary>
public sealed class NginxSpecs : IAsyncLifetime
{
    private const string Program = "/usr/sbin/nginx";

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private readonly TemporaryFolder _folder = new();
    private readonly OwnCertificate _certificate = new();
    private ServerProcess? _server;
    private Process? _nginx;
    private Uri _address = new("https://localhost");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        if (!File.Exists(Program))
        {
            return;
        }

        TinyBundle.Write(_folder["models/tiny"]);
        using FreePort rpc = new(), proxy = new();
        (int rpcPort, int proxyPort) = (rpc.Release(), proxy.Release());
        (_server, HttpClient direct) = await ServerProcess.Start(
            $"--Models:Directory={_folder["models"]}", "--Engine:Threads=1", "--Engine:RowsPerThread=1", $"--OpenInference:GrpcUrl=http://127.0.0.1:{rpcPort}", "--AllowedHosts=localhost",
            "--Limits:ClientHeader=X-Real-IP");
        _address = new Uri($"https://localhost:{proxyPort}");
        _nginx = Process.Start(Program, ["-e", _folder["error.log"], "-c", Write(direct.BaseAddress!.Port, rpcPort, proxyPort)]);
        direct.Dispose();
        try
        {
            await Until(proxyPort);
        }
        catch
        {
            // What fails here is not disposed of by the framework, and the proxy would stay.
            await DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_nginx is { HasExited: false })
        {
            _nginx.Kill(entireProcessTree: true);
            await _nginx.WaitForExitAsync(CancellationToken.None);
        }

        _nginx?.Dispose();
        await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);
        _certificate.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Passes_requests_sockets_uploads_and_streams_of_messages()
    {
        Assert.SkipUnless(_nginx is not null, "There is no nginx here.");
        using HttpClient client = new(_certificate.Trusting()) { BaseAddress = _address };
        using GrpcChannel channel = GrpcChannel.ForAddress(_address, new GrpcChannelOptions { HttpHandler = _certificate.Trusting(), DisposeHttpClient = true });

        Assert.Equal((HttpStatusCode.OK, HttpVersion.Version11), await Ask(client, HttpVersion.Version11));
        Assert.Equal((HttpStatusCode.OK, HttpVersion.Version20), await Ask(client, HttpVersion.Version20));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, await Upload(client, (8 << 20) + 1));
        Assert.Equal(HttpStatusCode.Forbidden, await Handshake("https://elsewhere.example"));
        Assert.Equal(HttpStatusCode.NotFound, await Handshake(_address.GetLeftPart(UriPartial.Authority)));
        Assert.Equal(12, await Answers(channel, messages: 12));
    }

    private static async Task<(HttpStatusCode Status, Version Version)> Ask(HttpClient client, Version version)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/models") { Version = version, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using HttpResponseMessage response = await client.SendAsync(request, Cancellation);
        return (response.StatusCode, response.Version);
    }

    /// <summary>The server's refusal, which names the limit, rather than the proxy's.</summary>
    private static async Task<HttpStatusCode> Upload(HttpClient client, int bytes)
    {
        using HttpResponseMessage response = await client.PostAsync("/api/v1/models/tiny/classify", new ByteArrayContent(new byte[bytes]) { Headers = { { "Content-Type", "image/png" } } }, Cancellation);
        Assert.Contains("body-too-large", await response.Content.ReadAsStringAsync(Cancellation));
        return response.StatusCode;
    }

    /// <summary>How many of some messages, of a MiB each, are answered in one stream.</summary>
    private static async Task<int> Answers(GrpcChannel channel, int messages)
    {
        using AsyncDuplexStreamingCall<ModelInferRequest, ModelStreamInferResponse> call = BoundedRpc.On(channel).ModelStreamInfer(cancellationToken: Cancellation);
        var message = new ModelInferRequest { ModelName = "none", Id = new string('x', 1 << 20) };
        int answers = 0;
        for (int sent = 0; sent < messages; sent++)
        {
            await call.RequestStream.WriteAsync(message, Cancellation);
            answers += await call.ResponseStream.MoveNext(Cancellation) ? 1 : 0;
        }

        await call.RequestStream.CompleteAsync();
        return answers;
    }

    /// <summary>How the handshake of a socket is answered; the stream is none that there is.</summary>
    private async Task<HttpStatusCode> Handshake(string origin)
    {
        using HttpClient client = new(_certificate.Trusting()) { BaseAddress = _address };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/streams/none/ws")
        {
            Headers = { { "Connection", "Upgrade" }, { "Upgrade", "websocket" }, { "Sec-WebSocket-Version", "13" }, { "Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==" }, { "Origin", origin } },
        };
        using HttpResponseMessage response = await client.SendAsync(request, Cancellation);
        return response.StatusCode;
    }

    /// <summary>The settings as they are shipped, between the lines of a main file; its path.</summary>
    private string Write(int restPort, int rpcPort, int proxyPort)
    {
        File.WriteAllText(_folder["deq.pem"], _certificate.Pem);
        File.WriteAllText(_folder["deq.key"], _certificate.Key);
        string shipped = File.ReadAllText(Repository.Folder("docs", "deploy", "nginx.conf"))
            .Replace("/etc/ssl/", $"{_folder.Path}/", StringComparison.Ordinal).Replace("/var/log/nginx/", $"{_folder.Path}/", StringComparison.Ordinal)
            .Replace(":8080", $":{restPort}", StringComparison.Ordinal).Replace(":8001", $":{rpcPort}", StringComparison.Ordinal).Replace("listen 443", $"listen 127.0.0.1:{proxyPort}", StringComparison.Ordinal);
        string temporary = string.Concat(new[] { "client_body", "proxy", "fastcgi", "uwsgi", "scgi" }.Select(name => $"{name}_temp_path {_folder[name]};\n"));
        File.WriteAllText(_folder["nginx.conf"], $"daemon off;\nmaster_process off;\npid {_folder["nginx.pid"]};\nevents {{ }}\nhttp {{\n{temporary}{shipped}}}\n");
        return _folder["nginx.conf"];
    }

    private async Task Until(int port)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(s_patience);
        while (true)
        {
            if (_nginx!.HasExited)
            {
                Assert.Fail(await File.ReadAllTextAsync(_folder["error.log"], Cancellation));
            }

            try
            {
                using var connection = new TcpClient();
                await connection.ConnectAsync(IPAddress.Loopback, port, patience.Token);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(50, patience.Token);
            }
        }
    }
}
