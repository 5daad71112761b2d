using System.Net;
using System.Net.Http.Headers;
using Deq.Api.Fronts.OpenInference.Rpc.Wire;
using Deq.Api.Requests;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Deq.Testing.Bundles;
using Google.Protobuf;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Deq.Api.Specs.Fronts.OpenInference.Rpc;

public sealed class RpcServingSpecs
{
    private const int Width = 256;
    private const int Height = 240;

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Counts_an_answer_until_its_client_has_read_it()
    {
        await using var server = new TensorServer(("OpenInference:GrpcUrl", "http://127.0.0.1:0"));
        server.UseKestrel();
        server.StartServer();
        HeldBodies bodies = server.Services.GetRequiredService<HeldBodies>();
        using var client = new HttpClient { Timeout = s_patience };
        string address = server.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Last();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(new Uri(address), "/inference.GRPCInferenceService/ModelInfer"))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(RpcFrame.Of(Pair().ToByteArray())) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } },
        };

        using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        bool isForgotten = SpinWait.SpinUntil(() => bodies.Bytes < 2 * sizeof(float) * Width * Height, TimeSpan.FromMilliseconds(300));
        byte[] answer = await response.Content.ReadAsByteArrayAsync(Cancellation);

        Assert.False(isForgotten);
        Assert.Equal(["0"], response.TrailingHeaders.GetValues("grpc-status"));
        Assert.InRange(answer.Length, 2 * sizeof(float) * Width * Height, int.MaxValue);
        Assert.True(SpinWait.SpinUntil(() => bodies is { Bytes: 0, Clients: 0 }, s_patience), $"{bodies.Bytes} bytes");
    }

    private static ModelInferRequest Pair()
    {
        byte[] frame = new byte[3 * Width * Height];
        new Random(1).NextBytes(frame);
        return new ModelInferRequest
        {
            ModelName = TinyFlowBundle.Name,
            Parameters = { ["deq_max_evaluations"] = new() { Int64Param = 1 } },
            Inputs =
            {
                new ModelInferRequest.Types.InferInputTensor { Name = "frame1", Datatype = "UINT8", Shape = { 1, Height, Width, 3 } },
                new ModelInferRequest.Types.InferInputTensor { Name = "frame2", Datatype = "UINT8", Shape = { 1, Height, Width, 3 } },
            },
            RawInputContents = { ByteString.CopyFrom(frame), ByteString.CopyFrom(frame) },
        };
    }
}
