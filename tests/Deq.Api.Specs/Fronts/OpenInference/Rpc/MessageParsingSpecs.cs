using Deq.Api.Fronts.OpenInference.Rpc.Wire;
using Deq.Api.Requests;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Deq.Testing.Bundles;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using static Deq.Api.Fronts.OpenInference.Rpc.Wire.ModelInferRequest.Types;

namespace Deq.Api.Specs.Fronts.OpenInference.Rpc;

public sealed class MessageParsingSpecs : IDisposable
{
    private const int Width = 96;
    private const int Height = 64;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly TensorServer _server = new(("OpenInference:GrpcUrl", "http://127.0.0.1:0"));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task Reads_a_large_message_on_the_threads_for_it()
    {
        using GrpcChannel channel = Channel();
        DecodingThreads threads = _server.Services.GetRequiredService<DecodingThreads>();
        CancellationToken cancellation = Cancellation;
        using var open = new ManualResetEventSlim();
        Task<bool>[] busy = [.. Enumerable.Range(0, _server.Services.GetRequiredService<RequestLimits>().DecodingThreads)
            .Select(thread => threads.RunAsync($"client {thread}", () => open.Wait(s_patience, cancellation), cancellation))];

        using AsyncUnaryCall<ModelInferResponse> call = BoundedRpc.On(channel).ModelInferAsync(Pair(), cancellationToken: Cancellation);
        bool waits = SpinWait.SpinUntil(() => threads.Count == busy.Length + 1, s_patience) && !call.ResponseAsync.IsCompleted;
        open.Set();
        ModelInferResponse answer = await call.ResponseAsync.WaitAsync(s_patience, Cancellation);

        Assert.True(waits);
        Assert.Equal(2 * sizeof(float) * Width * Height, Assert.Single(answer.RawOutputContents).Length);
        Assert.All(await Task.WhenAll(busy), isOpen => Assert.True(isOpen));
    }

    [Theory]
    [InlineData("identity")]
    [InlineData("gzip")]
    [InlineData("deflate")]
    public async Task Holds_nothing_once_a_message_has_been_answered(string encoding)
    {
        using GrpcChannel channel = Channel();
        var metadata = new Metadata { { "grpc-internal-encoding-request", encoding } };
        HeldBodies bodies = _server.Services.GetRequiredService<HeldBodies>();

        ModelInferResponse answer = await BoundedRpc.On(channel).ModelInferAsync(Pair(), metadata, cancellationToken: Cancellation);

        Assert.Equal(2 * sizeof(float) * Width * Height, Assert.Single(answer.RawOutputContents).Length);
        Assert.True(SpinWait.SpinUntil(() => bodies is { Bytes: 0, Clients: 0 }, s_patience), $"{bodies.Bytes} bytes");
    }

    private static ModelInferRequest Pair() => new()
    {
        ModelName = TinyFlowBundle.Name,
        Inputs =
        {
            new InferInputTensor { Name = "frame1", Datatype = "UINT8", Shape = { 1, Height, Width, 3 } },
            new InferInputTensor { Name = "frame2", Datatype = "UINT8", Shape = { 1, Height, Width, 3 } },
        },
        RawInputContents = { ByteString.CopyFrom(new byte[3 * Height * Width]), ByteString.CopyFrom(new byte[3 * Height * Width]) },
    };

    private GrpcChannel Channel() => GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions { HttpHandler = _server.Server.CreateHandler() });
}
