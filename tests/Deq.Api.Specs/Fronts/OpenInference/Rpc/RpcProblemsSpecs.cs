using Deq.Api.Fronts.OpenInference.Rpc.Wire;
using Deq.Api.Models;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Deq.Runtime.Scheduling.Engine;
using Deq.Testing.Models;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;

namespace Deq.Api.Specs.Fronts.OpenInference.Rpc;

public sealed class RpcProblemsSpecs
{
    [Fact]
    public async Task Name_a_failure_that_is_not_foreseen_and_hide_its_details()
    {
        using var server = new TensorServer(("OpenInference:GrpcUrl", "http://127.0.0.1:0"));
        using GrpcChannel channel = GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions { HttpHandler = server.Server.CreateHandler() });
        GRPCInferenceService.GRPCInferenceServiceClient client = BoundedRpc.On(channel);
        var engine = new InferenceEngine("torn", new LinearModel(4), new() { Threads = 1, RowsPerThread = 4 });
        await server.Services.GetRequiredService<ModelCatalogue>().PutAsync(new ServedModel(Server.Manifest with { Name = "torn", Task = "none", Encoder = null! }, Server.Hash, engine));

        RpcException fault = await Assert.ThrowsAsync<RpcException>(
            async () => await client.RepositoryIndexAsync(new RepositoryIndexRequest(), cancellationToken: TestContext.Current.CancellationToken));

        Assert.Equal((StatusCode.Internal, "urn:deq:problem:internal-error"), (fault.StatusCode, fault.Trailers.GetValue("deq-problem")));
        Assert.Contains("in the server's log", fault.Status.Detail, StringComparison.Ordinal);
    }
}
