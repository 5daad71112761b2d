using System.Net;
using System.Net.Http.Headers;
using Deq.Api.Fronts.OpenInference.Rpc.Wire;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Deq.Testing;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Deq.Api.Specs.Fronts.OpenInference.Rpc;

public sealed class ArrivingMessagesSpecs : IDisposable
{
    private const string Infer = "ModelInfer";
    private const string Streaming = "ModelStreamInfer";

    /// <summary>Bytes of all bodies: two halves of a message fit into one client's share, three do not.</summary>
    private const int HeldBytes = 2000;

    /// <summary>The head of a message of 1000 bytes, and half of it.</summary>
    private static readonly byte[] s_half = [0, 0, 0, 3, 232, .. new byte[500]];

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly SteppedClock _clock = new();
    private readonly TensorServer _server = new(
        ("OpenInference:GrpcUrl", "http://127.0.0.1:0"), ("Limits:BodyBytes", "1900"), ("Limits:HeldBytes", $"{HeldBytes}"), ("Streams:IdleMs", "60000"));

    private readonly WebApplicationFactory<Program> _timed;
    private readonly HttpClient _client;

    public ArrivingMessagesSpecs()
    {
        _timed = _server.WithWebHostBuilder(host => host.ConfigureTestServices(services => services.AddSingleton<TimeProvider>(_clock)));
        _timed.UseKestrel();
        _timed.StartServer();

        // Addresses stand in the order of their endpoints' names, of which that of gRPC is the last.
        ICollection<string> addresses = _timed.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses;
        (First, _client) = (new Uri(addresses.First()), new HttpClient { BaseAddress = new Uri(addresses.Last()) });
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Where HTTP/1.1 is spoken.</summary>
    private Uri First { get; }

    private HeldBodies Bodies => _timed.Services.GetRequiredService<HeldBodies>();

    public void Dispose()
    {
        _client.Dispose();
        _timed.Dispose();
        _server.Dispose();
    }

    [Theory]
    [InlineData(Infer)]
    [InlineData(Streaming)]
    [InlineData("ServerLive")]
    public async Task Are_counted_as_they_arrive_and_end_the_call_where_they_come_too_slowly(string method)
    {
        using var body = new OpenContent(s_half);
        Task<HttpResponseMessage> call = Call(method, body);
        Assert.True(SpinWait.SpinUntil(() => Bodies.Bytes == s_half.Length && _clock.IsAwaited(TimeSpan.FromSeconds(30)), s_patience), $"{Bodies.Bytes} bytes");

        _clock.Advance(TimeSpan.FromSeconds(30));

        await Fails(call, StatusCode.DeadlineExceeded, ProblemKinds.BodyTooSlow);
        Assert.True(SpinWait.SpinUntil(() => Bodies is { Bytes: 0, Clients: 0 }, s_patience), $"{Bodies.Bytes} bytes");
    }

    [Theory]
    [InlineData(Infer)]
    [InlineData(Streaming)]
    public async Task Are_refused_beyond_the_clients_share(string method)
    {
        using OpenContent first = new(s_half), second = new(s_half), third = new(s_half);
        List<Task<HttpResponseMessage>> parked = [];
        foreach (OpenContent body in (OpenContent[])[first, second])
        {
            parked.Add(Call(method, body));
            Assert.True(SpinWait.SpinUntil(() => Bodies.Bytes == parked.Count * s_half.Length, s_patience), $"{Bodies.Bytes} bytes");
        }

        HttpResponseMessage refused = await await Task.WhenAny([.. parked, Call(method, third)]).WaitAsync(s_patience, Cancellation);

        await Fails(Task.FromResult(refused), StatusCode.ResourceExhausted, ProblemKinds.Overloaded);
        Assert.Equal(2 * s_half.Length, Bodies.Bytes);
    }

    [Fact]
    public async Task Of_a_stream_may_be_apart_for_as_long_as_frames_of_a_socket()
    {
        using var body = new OpenContent([]);
        Task<HttpResponseMessage> call = Call(Streaming, body);
        Assert.True(SpinWait.SpinUntil(() => _clock.IsAwaited(TimeSpan.FromSeconds(60)), s_patience));

        _clock.Advance(TimeSpan.FromSeconds(59));
        bool waits = !call.IsCompleted;
        _clock.Advance(TimeSpan.FromSeconds(1));

        Assert.True(waits);
        await Fails(call, StatusCode.DeadlineExceeded, ProblemKinds.BodyTooSlow);
    }

    [Fact]
    public async Task Of_a_stream_end_once_the_server_stops()
    {
        using GrpcChannel channel = GrpcChannel.ForAddress(_client.BaseAddress!);
        GRPCInferenceService.GRPCInferenceServiceClient client = BoundedRpc.On(channel);
        using AsyncDuplexStreamingCall<ModelInferRequest, ModelStreamInferResponse> stream = client.ModelStreamInfer(cancellationToken: Cancellation);
        await stream.RequestStream.WriteAsync(new ModelInferRequest { ModelName = "nonesuch", Id = "1" }, Cancellation);
        bool isAnswered = await stream.ResponseStream.MoveNext(Cancellation);

        _timed.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();

        RpcException end = await Assert.ThrowsAsync<RpcException>(() => stream.ResponseStream.MoveNext(Cancellation)).WaitAsync(s_patience, Cancellation);
        Assert.True(isAnswered);
        Assert.True(end.StatusCode == StatusCode.Unavailable, $"{end}");
        Assert.Equal(ProblemKinds.Stopping.Type, end.Trailers.GetValue("deq-problem"));
        Assert.True(SpinWait.SpinUntil(() => _clock.IsAwaited(OpenConnections.Grace), s_patience));
        _clock.Advance(OpenConnections.Grace);
    }

    [Theory]
    [InlineData(Infer, null, 0, 0, 0, 0, 5, 1, 2, 3, 4, 5)]
    [InlineData(Infer, null, 0, 0, 0, 0, 3, 10, 127, 1)]
    [InlineData(Infer, null, 2, 0, 0, 0, 0)]
    [InlineData(Infer, null, 0, 0, 0)]
    [InlineData(Infer, null, 0, 0, 0, 0, 3, 10)]
    [InlineData(Infer, null, 0, 0, 0, 0, 0, 0)]
    [InlineData(Infer, null, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)]
    [InlineData(Infer, null)]
    [InlineData(Infer, null, 1, 0, 0, 0, 1, 1)]
    [InlineData(Infer, "identity", 1, 0, 0, 0, 1, 1)]
    [InlineData(Infer, "gzip", 1, 0, 0, 0, 3, 10, 127, 1)]
    [InlineData(Infer, "deflate", 1, 0, 0, 0, 3, 10, 127, 1)]
    [InlineData(Infer, "deflate", 1, 0, 0, 0, 10, 120, 187, 0, 0, 0, 0, 97, 97, 97, 97)]
    [InlineData("ServerLive", null, 0, 0, 0, 0, 1, 255)]
    [InlineData(Streaming, null, 0, 0, 0, 0, 1, 255)]
    [InlineData(Streaming, null, 7, 0, 0, 0, 0)]
    [InlineData(Streaming, null, 0, 0, 0, 0, 3, 10)]
    [InlineData(Streaming, "gzip", 1, 0, 0, 0, 3, 10, 127, 1)]
    public async Task That_cannot_be_read_are_their_clients_fault(string method, string? encoding, params int[] bytes)
    {
        using var body = new OpenContent([.. bytes.Select(value => (byte)value)], isWhole: true);
        if (encoding is not null)
        {
            body.Headers.Add("grpc-encoding", encoding);
        }

        await Fails(Call(method, body), StatusCode.InvalidArgument, ProblemKinds.MalformedRequest);

        Assert.True(SpinWait.SpinUntil(() => Bodies is { Bytes: 0, Clients: 0 }, s_patience), $"{Bodies.Bytes} bytes");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("gzip")]
    public async Task Whose_numbers_take_more_memory_than_the_share_has_end_the_call(string? encoding)
    {
        byte[] message = new ModelInferRequest
        {
            ModelName = "simple",
            Inputs =
            {
                new ModelInferRequest.Types.InferInputTensor
                {
                    Name = "INPUT0", Datatype = "INT64", Shape = { 700 }, Contents = new InferTensorContents { Int64Contents = { Enumerable.Repeat(1L, 700) } },
                },
            },
        }.ToByteArray();
        using var body = new OpenContent(RpcFrame.Of(encoding is null ? message : await Compressed(encoding, message), isCompressed: encoding is not null), isWhole: true);
        if (encoding is not null)
        {
            body.Headers.Add("grpc-encoding", encoding);
        }

        await Fails(Call(Infer, body), StatusCode.ResourceExhausted, ProblemKinds.Overloaded);

        Assert.True(SpinWait.SpinUntil(() => Bodies is { Bytes: 0, Clients: 0 }, s_patience), $"{Bodies.Bytes} bytes");
    }

    [Theory]
    [InlineData("gzip", 1)]
    [InlineData("gzip", 9)]
    [InlineData("deflate", 1)]
    [InlineData("deflate", 9)]
    public async Task Compressed_that_something_follows_are_their_clients_fault(string encoding, int following)
    {
        using var body = new OpenContent(RpcFrame.Of([.. await Compressed(encoding, []), .. new byte[following]], isCompressed: true), isWhole: true);
        body.Headers.Add("grpc-encoding", encoding);

        await Fails(Call("ServerLive", body), StatusCode.InvalidArgument, ProblemKinds.MalformedRequest);
    }

    [Theory]
    [InlineData(Infer, "gzip")]
    [InlineData(Infer, "deflate")]
    [InlineData("ServerLive", "gzip")]
    [InlineData(Streaming, "gzip")]
    public async Task Compressed_that_become_longer_than_a_body_may_be_name_the_problem(string method, string encoding)
    {
        using var body = new OpenContent(RpcFrame.Of(await Compressed(encoding, new byte[100_000]), isCompressed: true), isWhole: true);
        body.Headers.Add("grpc-encoding", encoding);

        await Fails(Call(method, body), StatusCode.ResourceExhausted, ProblemKinds.BodyTooLarge);

        Assert.True(SpinWait.SpinUntil(() => Bodies is { Bytes: 0, Clients: 0 }, s_patience), $"{Bodies.Bytes} bytes");
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task Compressed_are_taken(string encoding)
    {
        using var body = new OpenContent(RpcFrame.Of(await Compressed(encoding, []), isCompressed: true), isWhole: true);
        body.Headers.Add("grpc-encoding", encoding);

        using HttpResponseMessage response = await Call("ServerLive", body).WaitAsync(s_patience, Cancellation);
        await response.Content.ReadAsByteArrayAsync(Cancellation);

        Assert.Equal(["0"], response.TrailingHeaders.GetValues("grpc-status"));
    }

    [Theory]
    [InlineData(true, "application/grpc", "ServerLive")]
    [InlineData(true, "text/plain", Infer)]
    [InlineData(false, "text/plain", Infer)]
    [InlineData(false, "text/plain", "ServerLive")]
    public async Task Of_no_call_are_refused_and_hold_nothing(bool isFirstVersion, string type, string method)
    {
        using var client = new HttpClient { BaseAddress = isFirstVersion ? First : _client.BaseAddress };
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/inference.GRPCInferenceService/{method}")
        {
            Version = isFirstVersion ? HttpVersion.Version11 : HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(new byte[1500]) { Headers = { ContentType = new MediaTypeHeaderValue(type) } },
        };

        await client.SendAsync(request, Cancellation).Problem(ProblemKinds.UnsupportedMediaType);

        Assert.True(SpinWait.SpinUntil(() => Bodies is { Bytes: 0, Clients: 0 }, s_patience), $"{Bodies.Bytes} bytes");
    }

    [Theory]
    [InlineData(0, 0, 7, 109)]
    [InlineData(255, 255, 255, 255)]
    public async Task Longer_than_a_body_may_be_are_refused_by_their_heads(params int[] length)
    {
        using var body = new OpenContent([0, .. length.Select(value => (byte)value)]);

        await Fails(Call(Infer, body), StatusCode.ResourceExhausted, ProblemKinds.BodyTooLarge);
    }

    [Theory]
    [InlineData(Infer)]
    [InlineData(Streaming)]
    public async Task Hold_nothing_once_the_client_has_left(string method)
    {
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        using var body = new OpenContent(s_half);
        Task<HttpResponseMessage> call = Call(method, body, leave.Token);
        Assert.True(SpinWait.SpinUntil(() => Bodies.Bytes == s_half.Length, s_patience), $"{Bodies.Bytes} bytes");

        await leave.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);

        Assert.True(SpinWait.SpinUntil(() => Bodies is { Bytes: 0, Clients: 0 }, s_patience), $"{Bodies.Bytes} bytes");
    }

    private Task<HttpResponseMessage> Call(string method, OpenContent body, CancellationToken? cancellation = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, $"/inference.GRPCInferenceService/{method}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = body,
        };
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        return _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation ?? Cancellation);
    }

    private static async Task<byte[]> Compressed(string encoding, byte[] message) =>
        await (await Calls.Bytes(message, "application/octet-stream").Compressed(encoding)).ReadAsByteArrayAsync(Cancellation);

    private static async Task Fails(Task<HttpResponseMessage> call, StatusCode status, ProblemKind kind)
    {
        using HttpResponseMessage response = await call.WaitAsync(s_patience, Cancellation);
        await response.Content.ReadAsByteArrayAsync(Cancellation);
        HttpResponseHeaders facts = response.Headers.Contains("grpc-status") ? response.Headers : response.TrailingHeaders;
        Assert.Equal([$"{(int)status}"], facts.GetValues("grpc-status"));
        Assert.Equal([kind.Type], facts.GetValues("deq-problem"));
    }

    /// <summary>A body that begins and, unless that is all of it, does not end before it is disposed.</summary>
    private sealed class OpenContent : HttpContent
    {
        private readonly byte[] _begin;
        private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public OpenContent(byte[] begin, bool isWhole = false)
        {
            _begin = begin;
            if (isWhole)
            {
                _end.SetResult();
            }

            Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        /// <summary>The client resets the call once this has ended too.</summary>
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            await stream.WriteAsync(_begin, cancellationToken);
            await stream.FlushAsync(cancellationToken);
            await _end.Task.WaitAsync(cancellationToken);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }

        protected override void Dispose(bool disposing)
        {
            _end.TrySetResult();
            base.Dispose(disposing);
        }
    }
}
