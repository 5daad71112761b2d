using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Deq.Api.Fronts.OpenInference.Rpc.Wire;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Deq.Testing;
using Deq.Testing.Bundles;
using Grpc.Net.Client;

namespace Deq.Api.Specs.Fronts.Web;

/// <summary>The server with certificates by the framework's settings, as operators run it.</summary>
public sealed class TlsSpecs : IDisposable
{
    private const string Default = "--Kestrel:Certificates:Default";

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private readonly TemporaryFolder _folder = new();
    private readonly OwnCertificate _certificate = new();

    public TlsSpecs()
    {
        TinyBundle.Write(_folder["models/tiny"]);
        Write("deq.pem", _certificate.Pem);
        Write("deq.key", _certificate.Key);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string[] Pem => [$"{Default}:Path={_folder["deq.pem"]}", $"{Default}:KeyPath={_folder["deq.key"]}"];

    public void Dispose()
    {
        _certificate.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Serves_REST_and_gRPC_by_HTTP_1_and_HTTP_2_and_nothing_in_plain_text()
    {
        using var free = new FreePort();
        int port = free.Release();
        (ServerProcess server, HttpClient untrusting) = await Start([.. Pem, $"--OpenInference:GrpcUrl=https://127.0.0.1:{port}"]);
        await using ServerProcess ended = server;
        using HttpClient client = new(_certificate.Trusting()) { BaseAddress = untrusting.BaseAddress };
        using HttpClient plain = new() { BaseAddress = new Uri(untrusting.BaseAddress!.AbsoluteUri.Replace("https", "http", StringComparison.Ordinal)) };

        Assert.Equal("https", client.BaseAddress!.Scheme);
        Assert.Equal((HttpStatusCode.OK, HttpVersion.Version11), await Ask(client, HttpVersion.Version11));
        Assert.Equal((HttpStatusCode.OK, HttpVersion.Version20), await Ask(client, HttpVersion.Version20));
        Assert.True(await IsLive(client.BaseAddress));
        Assert.True(await IsLive(new Uri($"https://127.0.0.1:{port}")));
        await Assert.ThrowsAsync<HttpRequestException>(() => plain.GetAsync("/healthz/live", Cancellation));
        await Assert.ThrowsAsync<HttpRequestException>(() => untrusting.GetAsync("/healthz/live", Cancellation));
        untrusting.Dispose();
    }

    [Theory]
    [InlineData("written")]
    [InlineData("moved")]
    [InlineData("link")]
    [InlineData("mount")]
    public async Task Takes_a_renewed_certificate_and_leaves_open_connections_alone(string way)
    {
        using var renewed = new OwnCertificate();
        string folder = _folder[way];
        LaidCertificate.Lay(folder, way, _certificate);
        (ServerProcess server, HttpClient client) = await Start($"{Default}:Path={folder}/tls.crt", $"{Default}:KeyPath={folder}/tls.key");
        await using ServerProcess ended = server;
        using var open = new HttpClient(_certificate.Trusting()) { BaseAddress = client.BaseAddress };
        await open.GetStringAsync("/healthz/live", Cancellation);
        string before = await Shown(client.BaseAddress!);

        LaidCertificate.Renew(folder, way, renewed);
        await Until(async () => await Shown(client.BaseAddress!) == renewed.Thumbprint);

        Assert.Equal(_certificate.Thumbprint, before);

        // A new connection would not be trusted.
        Assert.Contains("live", await open.GetStringAsync("/healthz/live", Cancellation));
        client.Dispose();
    }

    [Theory]
    [InlineData("deq.p12", null, "right")]
    [InlineData("deq.pem", "encrypted.key", "right")]
    [InlineData("both.pem", "both.pem", null)]
    public async Task Takes_every_form_that_the_framework_takes(string certificate, string? key, string? password)
    {
        WriteForms();

        (ServerProcess server, HttpClient client) = await Start(Arguments(certificate, key, password));
        await using ServerProcess ended = server;

        Assert.Equal(_certificate.Thumbprint, await Shown(client.BaseAddress!));
        client.Dispose();
    }

    [Theory]
    [InlineData("missing.pem", "deq.key", null, "Default:Path is '{0}/missing.pem', which cannot be used: Could not find file")]
    [InlineData("deq.pem", "missing.key", null, "Default:KeyPath is '{0}/missing.key', which cannot be used: Could not find file")]
    [InlineData("deq.pem", "other.key", null, "Default:KeyPath is '{0}/other.key', which cannot be used: The provided key does not match")]
    [InlineData("deq.pem", "deq.pem", null, "Default:KeyPath is '{0}/deq.pem', which cannot be used: ")]
    [InlineData("deq.key", "deq.key", null, "Default:Path is '{0}/deq.key', which cannot be used: It has no certificate as PEM.")]
    [InlineData("deq.pem", null, null, "Default:Path is '{0}/deq.pem', which cannot be used: It is PEM, and KeyPath does not say where its key is.")]
    [InlineData("deq.p12", null, "wrong", "Default:Path is '{0}/deq.p12', which cannot be used: ")]
    [InlineData("deq.pem", "encrypted.key", "wrong", "Default:KeyPath is '{0}/encrypted.key', which cannot be used: ")]
    [InlineData("deq.pem", "encrypted.key", null, "Default:KeyPath is '{0}/encrypted.key', which cannot be used: ")]
    public async Task Does_not_start_without_a_certificate_that_can_be_used_and_names_the_setting(string certificate, string? key, string? password, string named)
    {
        WriteForms();

        (int exitCode, string output, string errors) = await ServerProcess.Fail(
            [$"--Models:Directory={_folder["models"]}", "--Engine:Threads=0", "--urls=https://127.0.0.1:0", .. Arguments(certificate, key, password)]);

        Assert.True(exitCode == 1, errors + output);
        string[] lines = [.. errors.Split('\n').Where(line => line.StartsWith("  - ", StringComparison.Ordinal))];
        Assert.Single(lines, line => line.Contains(string.Format(System.Globalization.CultureInfo.InvariantCulture, named, _folder.Path), StringComparison.Ordinal));
        Assert.Equal(2, lines.Length);
        Assert.DoesNotContain("   at ", errors + output);
    }

    [Fact]
    public async Task Names_the_endpoint_whose_certificate_cannot_be_used()
    {
        (int exitCode, string output, string errors) = await ServerProcess.Fail(
            $"--Models:Directory={_folder["models"]}", "--Kestrel:Endpoints:a:Url=https://127.0.0.1:0", $"--Kestrel:Endpoints:a:Certificate:Path={_folder["no.pem"]}", $"--Kestrel:Endpoints:a:Certificate:KeyPath={_folder["deq.key"]}");

        Assert.True(exitCode == 1, errors + output);
        Assert.Contains($"Setting Kestrel:Endpoints:a:Certificate:Path is '{_folder["no.pem"]}'", errors);
    }

    private static async Task<(HttpStatusCode Status, Version Version)> Ask(HttpClient client, Version version)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/models") { Version = version, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using HttpResponseMessage response = await client.SendAsync(request, Cancellation);
        return (response.StatusCode, response.Version);
    }

    /// <summary>The thumbprint of the certificate that a new connection is shown.</summary>
    private static async Task<string> Shown(Uri address)
    {
        using var connection = new TcpClient();
        await connection.ConnectAsync(address.Host, address.Port, Cancellation);
        string shown = "";
        await using var tls = new SslStream(connection.GetStream(), leaveInnerStreamOpen: false, (_, certificate, _, faults) =>
        {
            shown = certificate!.GetCertHashString();
            return faults == SslPolicyErrors.None;
        });
        await Assert.ThrowsAsync<AuthenticationException>(() => tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost" }, Cancellation));
        return shown;
    }

    private static async Task Until(Func<Task<bool>> isSo)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(s_patience);
        while (!await isSo())
        {
            await Task.Delay(100, patience.Token);
        }
    }

    private async Task<bool> IsLive(Uri address)
    {
        using GrpcChannel channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions { HttpHandler = _certificate.Trusting(), DisposeHttpClient = true });
        ServerLiveResponse live = await BoundedRpc.On(channel).ServerLiveAsync(new ServerLiveRequest(), cancellationToken: Cancellation);
        return live.Live;
    }

    private Task<(ServerProcess Server, HttpClient Client)> Start(params string[] arguments) => ServerProcess.Start(
        [$"--Models:Directory={_folder["models"]}", "--Engine:Threads=1", "--Engine:RowsPerThread=1", "--urls=https://127.0.0.1:0", .. arguments]);

    private string[] Arguments(string certificate, string? key, string? password) =>
    [
        $"{Default}:Path={_folder[certificate]}",
        .. key is null ? Array.Empty<string>() : [$"{Default}:KeyPath={_folder[key]}"],
        .. password is null ? Array.Empty<string>() : [$"{Default}:Password={password}"],
    ];

    private void WriteForms()
    {
        using var other = new OwnCertificate();
        Write("other.key", other.Key);
        Write("both.pem", $"{_certificate.Pem}\n{_certificate.Key}\n");
        Write("encrypted.key", _certificate.EncryptedKey("right"));
        File.WriteAllBytes(_folder["deq.p12"], _certificate.Pkcs12("right"));
    }

    private void Write(string name, string text) => File.WriteAllText(_folder[name], text);
}
