using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text.Json;
using Deq.Api.Access;
using Deq.Api.Fronts.OpenInference.Rpc.Wire;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Deq.Testing;
using Deq.Testing.Bundles;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using static Deq.Api.Fronts.OpenInference.Rpc.Wire.ModelInferRequest.Types;

namespace Deq.Api.Specs.Access;

public sealed class LastingAccessSpecs : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ManualClock _clock = new();
    private readonly RSA _issuer = RSA.Create(2048);
    private readonly StreamServer _models;
    private readonly WebApplicationFactory<Program> _server;

    public LastingAccessSpecs()
    {
        Write(Key("one", "infer"));
        File.WriteAllText(_folder["issuer.pem"], _issuer.ExportSubjectPublicKeyInfoPem());
        _models = new StreamServer(
            ("Access:KeysFile", _folder["keys.json"]), ("Access:Jwt:Issuer", "issuer"), ("Access:Jwt:Audience", "deq"), ("Access:Jwt:KeysFile", _folder["issuer.pem"]),
            ("OpenInference:GrpcUrl", "http://127.0.0.1:0"));
        _server = _models.WithWebHostBuilder(host => host.ConfigureTestServices(services => services.AddSingleton(
            provider => new KeyRing(provider.GetRequiredService<AccessSettings>(), _clock, NullLogger<KeyRing>.Instance))));
    }

    /// <summary>What the file of keys becomes: the key is gone, another of its name stands there, or it has lost its role.</summary>
    public static TheoryData<string> Withdrawals => ["[ ]", Key("two", "infer"), Key("one", "observe")];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _server.Dispose();
        _models.Dispose();
        _issuer.Dispose();
        _folder.Dispose();
    }

    [Theory, MemberData(nameof(Withdrawals))]
    public Task Of_a_socket_ends_at_the_frame_after_its_key_was_withdrawn(string keys) => EndsASocket("one", () =>
    {
        Write(keys);
        _clock.Advance(TimeSpan.FromSeconds(2));
    });

    [Fact]
    public Task Of_a_socket_ends_at_the_frame_after_the_time_of_its_token() => EndsASocket(Token(), () => _clock.Advance(TimeSpan.FromDays(365 * 2200)));

    [Theory, MemberData(nameof(Withdrawals))]
    public async Task Of_a_stream_of_messages_ends_at_the_one_after_its_key_was_withdrawn(string keys)
    {
        using GrpcChannel channel = GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions { HttpHandler = _server.Server.CreateHandler() });
        GRPCInferenceService.GRPCInferenceServiceClient client = BoundedRpc.On(channel);
        using AsyncDuplexStreamingCall<ModelInferRequest, ModelStreamInferResponse> stream = client.ModelStreamInfer(new Metadata { { "x-api-key", "one" } }, cancellationToken: Cancellation);
        await stream.RequestStream.WriteAsync(Image("1"), Cancellation);
        bool isAnswered = await stream.ResponseStream.MoveNext(Cancellation) && stream.ResponseStream.Current.ErrorMessage.Length == 0;

        Write(keys);
        _clock.Advance(TimeSpan.FromSeconds(2));
        await stream.RequestStream.WriteAsync(Image("2"), Cancellation);
        RpcException end = await Assert.ThrowsAsync<RpcException>(() => stream.ResponseStream.MoveNext(Cancellation));

        Assert.True(isAnswered);
        Assert.Equal((StatusCode.Unauthenticated, "urn:deq:problem:unauthorized"), (end.StatusCode, end.Trailers.GetValue("deq-problem")));
    }

    private static string Key(string secret, string role) => $$"""[{"name":"one","sha256":"{{AccessControlSpecs.Hash(secret)}}","roles":["{{role}}"]}]""";

    private static ModelInferRequest Image(string id) => new()
    {
        ModelName = "tiny",
        Id = id,
        Inputs = { new InferInputTensor { Name = "image", Datatype = "FP32", Shape = { 1, 1, 8, 8 }, Contents = new() { Fp32Contents = { TinyBundle.Image(1) } } } },
    };

    private void Write(string keys) => File.WriteAllText(_folder["keys.json"], keys);

    private string Token() => new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
    {
        Issuer = "issuer",
        Audience = "deq",
        Expires = DateTime.UtcNow.AddMinutes(10),
        Claims = new Dictionary<string, object> { ["sub"] = "alice", ["roles"] = "infer" },
        SigningCredentials = new SigningCredentials(new RsaSecurityKey(_issuer), SecurityAlgorithms.RsaSha256),
    });

    private async Task EndsASocket(string secret, Action withdraw)
    {
        using HttpClient client = _server.CreateClient();
        client.DefaultRequestHeaders.Add("X-Api-Key", secret);
        string stream = await StreamServer.Open(client);
        WebSocketClient sockets = _server.Server.CreateWebSocketClient();
        sockets.ConfigureRequest = request => request.Headers["X-Api-Key"] = secret;
        using WebSocket socket = await sockets.ConnectAsync(new Uri($"ws://localhost{stream}/ws"), Cancellation);
        await FrameSockets.Send(socket, StreamServer.Frame(0));
        JsonElement first = await FrameSockets.Read(socket);

        withdraw();
        await FrameSockets.Send(socket, StreamServer.Frame(1));
        JsonElement last = await FrameSockets.Read(socket);
        (_, WebSocketMessageType type) = await FrameSockets.Receive(socket);

        Assert.Equal(0, first.GetProperty("index").GetInt32());
        Assert.Equal("urn:deq:problem:unauthorized", last.GetProperty("problem").GetProperty("type").GetString());
        Assert.Equal((WebSocketMessageType.Close, WebSocketCloseStatus.PolicyViolation), (type, socket.CloseStatus));
    }
}
