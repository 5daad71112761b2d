using System.Globalization;
using Deq.Api.Fronts.OpenInference.Rpc.Wire;
using Deq.Api.Models;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Specs.Access;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Deq.Api.Tasks;
using Deq.Testing.Bundles;
using Google.Protobuf;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using static Deq.Api.Fronts.OpenInference.Rpc.Wire.ModelInferRequest.Types;

namespace Deq.Api.Specs.Fronts.OpenInference.Rpc;

public sealed class InferenceRpcSpecs : IDisposable
{
    private static readonly (string Key, string Value)[] s_settings = [("OpenInference:GrpcUrl", "http://127.0.0.1:0")];

    private readonly TensorServer _server = new(s_settings);
    private readonly GrpcChannel _channel;
    private readonly GRPCInferenceService.GRPCInferenceServiceClient _client;

    public InferenceRpcSpecs()
    {
        _channel = Channel(_server);
        _client = BoundedRpc.On(_channel);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _channel.Dispose();
        _server.Dispose();
    }

    [Fact]
    public async Task Describes_the_server_and_its_models()
    {
        ServerLiveResponse live = await _client.ServerLiveAsync(new ServerLiveRequest(), cancellationToken: Cancellation);
        ServerReadyResponse ready = await _client.ServerReadyAsync(new ServerReadyRequest(), cancellationToken: Cancellation);
        ModelReadyResponse model = await _client.ModelReadyAsync(new ModelReadyRequest { Name = "simple" }, cancellationToken: Cancellation);
        ServerMetadataResponse server = await _client.ServerMetadataAsync(new ServerMetadataRequest(), cancellationToken: Cancellation);
        ModelMetadataResponse metadata = await _client.ModelMetadataAsync(new ModelMetadataRequest { Name = "simple", Version = "1" }, cancellationToken: Cancellation);
        RepositoryIndexResponse index = await _client.RepositoryIndexAsync(new RepositoryIndexRequest { Ready = true }, cancellationToken: Cancellation);

        Assert.True(live.Live && ready.Ready && model.Ready);
        Assert.Equal("deq", server.Name);
        Assert.Equal(["INPUT0", "INPUT1"], metadata.Inputs.Select(input => input.Name));
        Assert.Equal([-1L, 16L], metadata.Outputs[0].Shape);
        Assert.Equal(["simple", "tiny", "tiny-flow"], index.Models.Select(each => each.Name).Order());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Answers_tensors_as_bytes_and_as_numbers(bool isRaw)
    {
        ModelInferResponse answer = await _client.ModelInferAsync(Simple("7", isRaw), cancellationToken: Cancellation);

        Assert.Equal("7", answer.Id);
        Assert.Equal(["OUTPUT0", "OUTPUT1"], answer.Outputs.Select(output => output.Name));
        Assert.Equal([1L, 16L], answer.Outputs[0].Shape);
        Assert.Equal(Enumerable.Range(0, 16).Select(number => number + 1), InferRequests.Numbers<int>(answer.RawOutputContents[0].ToByteArray()));
        Assert.Equal(Enumerable.Range(0, 16).Select(number => number - 1), InferRequests.Numbers<int>(answer.RawOutputContents[1].ToByteArray()));
        Assert.True(answer.Parameters["deq_converged"].BoolParam);
    }

    [Fact]
    public async Task Spends_what_parameters_and_the_deadline_of_the_call_allow()
    {
        var request = new ModelInferRequest
        {
            ModelName = "tiny",
            Parameters = { ["deq_max_evaluations"] = new() { Int64Param = 1 }, ["deq_solver"] = new() { StringParam = "picard" } },
            Inputs = { new InferInputTensor { Name = "image", Datatype = "FP32", Shape = { 1, 1, 8, 8 }, Contents = new() { Fp32Contents = { TinyBundle.Image(1) } } } },
            Outputs = { new InferRequestedOutputTensor { Name = "logits" }, new InferRequestedOutputTensor { Name = "deq_evaluations" } },
        };

        ModelInferResponse answer = await _client.ModelInferAsync(request, deadline: DateTime.UtcNow.AddSeconds(20), cancellationToken: Cancellation);

        Assert.Equal(1, answer.Parameters["deq_evaluations"].Int64Param);
        Assert.Equal("evaluations", answer.Parameters["deq_stop"].StringParam);
        Assert.InRange(answer.Parameters["deq_deadline_ms"].Int64Param, 1, 24_000);
        Assert.Equal([1], InferRequests.Numbers<int>(answer.RawOutputContents[1].ToByteArray()));
    }

    [Theory]
    [InlineData("timeout", 0, 24_000)]
    [InlineData("timeout", 60_000_000, 24_000)]
    [InlineData("timeout", 15_000_000, 15_000)]
    [InlineData("deq_deadline_ms", 25_000, 24_000)]
    [InlineData("deq_deadline_ms", 15_000, 15_000)]
    public async Task Spends_no_more_than_the_deadline_of_the_call_whatever_is_asked_for(string name, long value, int most)
    {
        ModelInferRequest request = Simple("1", isRaw: true);
        request.Parameters[name] = new() { Int64Param = value };

        ModelInferResponse answer = await _client.ModelInferAsync(request, deadline: DateTime.UtcNow.AddSeconds(20), cancellationToken: Cancellation);

        Assert.InRange(answer.Parameters["deq_deadline_ms"].Int64Param, 1, most);
    }

    [Fact]
    public void Counts_the_calls_of_a_client_that_take_more_than_a_look() => Assert.Equal(
        ["ModelInfer", "ModelStreamInfer", "RepositoryIndex"],
        _server.Services.GetRequiredService<EndpointDataSource>().Endpoints
            .Where(endpoint => endpoint.Metadata.GetMetadata<ClientLimit.CountsClients>() is not null)
            .Select(endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()?.Method.Name).OfType<string>().Distinct().Order());

    [Fact]
    public async Task Continues_a_sequence_by_its_parameters()
    {
        ModelInferResponse first = await _client.ModelInferAsync(Pair(0, start: true), cancellationToken: Cancellation);
        ModelInferResponse second = await _client.ModelInferAsync(Pair(1, start: false), cancellationToken: Cancellation);
        ModelInferRequest other = Pair(2, start: false);
        other.Parameters["sequence_id"] = new() { Int64Param = 8 };

        RpcException unknown = await Assert.ThrowsAsync<RpcException>(async () => await _client.ModelInferAsync(other, cancellationToken: Cancellation));

        Assert.Equal("first", first.Parameters["deq_cold_reason"].StringParam);
        Assert.True(second.Parameters["deq_warm"].BoolParam);
        Assert.Equal(StatusCode.NotFound, unknown.StatusCode);
    }

    [Fact]
    public async Task Fails_with_the_status_and_the_text_that_clients_look_for()
    {
        ModelInferRequest unknown = Simple("1", isRaw: true);
        unknown.ModelName = "nonesuch";
        ModelInferRequest torn = Simple("1", isRaw: true);
        torn.RawInputContents[0] = ByteString.CopyFrom(1, 2, 3);
        ModelInferRequest half = Simple("1", isRaw: true);
        half.RawInputContents.RemoveAt(1);
        ModelInferRequest large = Simple("1", isRaw: false);
        large.Inputs[0].Shape[0] = long.MaxValue;
        ModelInferRequest twice = Simple("1", isRaw: true);
        twice.Inputs[0].Contents = new InferTensorContents { IntContents = { 1 } };
        ModelInferRequest shared = Simple("1", isRaw: true);
        shared.Inputs[0].Parameters["shared_memory_region"] = new() { StringParam = "region" };
        ModelInferRequest written = Output("shared_memory_region", new InferParameter { StringParam = "region" });
        ModelInferRequest[] classes = [Output("classification", new InferParameter { Int64Param = -1 }), Output("classification", new InferParameter { StringParam = "x" })];

        RpcException notFound = await Assert.ThrowsAsync<RpcException>(async () => await _client.ModelInferAsync(unknown, cancellationToken: Cancellation));
        RpcException metadata = await Assert.ThrowsAsync<RpcException>(
            async () => await _client.ModelMetadataAsync(new ModelMetadataRequest { Name = "nonesuch" }, cancellationToken: Cancellation));

        Assert.Equal((StatusCode.NotFound, StatusCode.NotFound), (notFound.StatusCode, metadata.StatusCode));
        Assert.StartsWith("Request for unknown model", notFound.Status.Detail);
        Assert.Equal("urn:deq:problem:model-not-found", notFound.Trailers.GetValue("deq-problem"));
        foreach (ModelInferRequest request in (ModelInferRequest[])[torn, half, large, twice, shared, written, .. classes])
        {
            RpcException fault = await Assert.ThrowsAsync<RpcException>(async () => await _client.ModelInferAsync(request, cancellationToken: Cancellation));
            Assert.Equal(StatusCode.InvalidArgument, fault.StatusCode);
        }
    }

    [Fact]
    public async Task Refuses_messages_that_list_too_much_and_does_not_repeat_what_they_list()
    {
        ModelInferRequest wanting = Simple("1", isRaw: true);
        wanting.Outputs.Add(Enumerable.Range(0, 65).Select(_ => new InferRequestedOutputTensor { Name = "OUTPUT0" }));
        ModelInferRequest shaped = Simple("1", isRaw: true);
        shaped.Inputs[0].Shape.Add(Enumerable.Repeat(1L, 100_000));

        RpcException outputs = await Assert.ThrowsAsync<RpcException>(async () => await _client.ModelInferAsync(wanting, cancellationToken: Cancellation));
        RpcException extents = await Assert.ThrowsAsync<RpcException>(async () => await _client.ModelInferAsync(shaped, cancellationToken: Cancellation));

        Assert.Equal((StatusCode.InvalidArgument, "urn:deq:problem:malformed-request"), (outputs.StatusCode, outputs.Trailers.GetValue("deq-problem")));
        Assert.Equal((StatusCode.InvalidArgument, "urn:deq:problem:tensor-shape"), (extents.StatusCode, extents.Trailers.GetValue("deq-problem")));
        Assert.InRange(extents.Status.Detail.Length, 1, 100);
    }

    [Theory]
    [InlineData("double", "7")]
    [InlineData("double", "7.5")]
    [InlineData("bool", "true")]
    [InlineData("int64", "-7")]
    public async Task Takes_a_text_or_a_count_as_the_id_of_a_sequence_alone(string kind, string value)
    {
        ModelInferRequest request = Pair(0, start: true);
        request.Parameters["sequence_id"] = ValueOf(kind, value);

        RpcException fault = await Assert.ThrowsAsync<RpcException>(async () => await _client.ModelInferAsync(request, cancellationToken: Cancellation));

        Assert.Equal((StatusCode.InvalidArgument, "urn:deq:problem:invalid-parameter"), (fault.StatusCode, fault.Trailers.GetValue("deq-problem")));
        Assert.StartsWith("sequence_id: ", fault.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lists_what_takes_requests_alone_where_that_is_asked_and_has_one_repository()
    {
        await _server.Services.GetRequiredService<ModelCatalogue>().Find("tiny").Engine.StopAsync(Cancellation);

        RepositoryIndexResponse all = await _client.RepositoryIndexAsync(new RepositoryIndexRequest(), cancellationToken: Cancellation);
        RepositoryIndexResponse ready = await _client.RepositoryIndexAsync(new RepositoryIndexRequest { Ready = true }, cancellationToken: Cancellation);
        RpcException fault = await Assert.ThrowsAsync<RpcException>(
            async () => await _client.RepositoryIndexAsync(new RepositoryIndexRequest { RepositoryName = "other" }, cancellationToken: Cancellation));

        Assert.Equal(["simple", "tiny", "tiny-flow"], all.Models.Select(each => each.Name).Order());
        Assert.Equal(["simple", "tiny-flow"], ready.Models.Select(each => each.Name).Order());
        Assert.Equal((StatusCode.InvalidArgument, "urn:deq:problem:invalid-parameter"), (fault.StatusCode, fault.Trailers.GetValue("deq-problem")));
        Assert.StartsWith("repository_name: ", fault.Status.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sequence_start", "int64", "1")]
    [InlineData("sequence_start", "double", "1")]
    [InlineData("sequence_end", "string", "yes")]
    [InlineData("timeout", "double", "5000")]
    [InlineData("timeout", "bool", "true")]
    [InlineData("timeout", "int64", "-1")]
    [InlineData("priority", "double", "1")]
    [InlineData("priority", "string", "high")]
    [InlineData("binary_data_output", "int64", "1")]
    [InlineData("deq_max_evaluations", "double", "8")]
    [InlineData("deq_max_evaluations", "bool", "true")]
    [InlineData("deq_max_evaluations", "int64", "-1")]
    [InlineData("deq_max_evaluations", "string", "many")]
    [InlineData("deq_max_evaluations", "none", "", "malformed-request")]
    [InlineData("deq_deadline_ms", "double", "100")]
    [InlineData("deq_until_stable", "double", "3")]
    [InlineData("deq_tolerance", "bool", "true")]
    [InlineData("deq_tolerance", "int64", "1")]
    [InlineData("deq_tolerance", "double", "NaN")]
    [InlineData("deq_priority", "int64", "1")]
    [InlineData("deq_solver", "bool", "true")]
    [InlineData("deq_budget", "double", "1")]
    [InlineData("deq_require_converged", "uint64", "1")]
    [InlineData("deq_nonesuch", "bool", "true", "unknown-parameter")]
    public async Task Names_the_parameter_whose_value_cannot_be(string name, string kind, string value, string problem = "invalid-parameter")
    {
        var request = new ModelInferRequest
        {
            ModelName = "tiny",
            Parameters = { [name] = ValueOf(kind, value) },
            Inputs = { new InferInputTensor { Name = "image", Datatype = "FP32", Shape = { 1, 1, 8, 8 }, Contents = new() { Fp32Contents = { TinyBundle.Image(1) } } } },
        };

        RpcException fault = await Assert.ThrowsAsync<RpcException>(async () => await _client.ModelInferAsync(request, cancellationToken: Cancellation));

        Assert.Equal((StatusCode.InvalidArgument, $"urn:deq:problem:{problem}"), (fault.StatusCode, fault.Trailers.GetValue("deq-problem")));
        Assert.Contains(name, fault.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answers_a_stream_in_order_and_goes_on_after_a_fault()
    {
        using AsyncDuplexStreamingCall<ModelInferRequest, ModelStreamInferResponse> stream = _client.ModelStreamInfer(cancellationToken: Cancellation);
        ModelInferRequest wrong = Simple("2", isRaw: true);
        wrong.ModelName = "nonesuch";
        foreach (ModelInferRequest request in new[] { Simple("1", isRaw: true), wrong, Simple("3", isRaw: true) })
        {
            await stream.RequestStream.WriteAsync(request, Cancellation);
        }

        await stream.RequestStream.CompleteAsync();
        List<ModelStreamInferResponse> answers = [];
        await foreach (ModelStreamInferResponse answer in stream.ResponseStream.ReadAllAsync(Cancellation))
        {
            answers.Add(answer);
        }

        Assert.Equal(["1", "2", "3"], answers.Select(answer => answer.InferResponse.Id));
        Assert.Equal([true, false, true], answers.Select(answer => answer.ErrorMessage.Length == 0));
    }

    [Fact]
    public async Task Logs_no_fault_of_a_stream_whose_answer_fails_once_the_client_has_left()
    {
        using var log = new LogLines();
        using var gone = new CancellationTokenSource();
        await using var own = new TensorServer(s_settings);
        await using WebApplicationFactory<Program> server = own.WithWebHostBuilder(host => host.ConfigureTestServices(services =>
        {
            services.Remove(services.Single(service => service.ServiceType == typeof(IServedTask) && service.ImplementationType == typeof(ServedSimple)));
            services.AddSingleton<IServedTask>(new ServedSimple { Asked = () => Leave(gone) }).AddSingleton<ILoggerProvider>(log).AddSingleton<IStartupFilter>(new Ending(gone.Token));
        }));
        using GrpcChannel channel = Channel(server);
        using AsyncDuplexStreamingCall<ModelInferRequest, ModelStreamInferResponse> stream =
            BoundedRpc.On(channel).ModelStreamInfer(cancellationToken: Cancellation);

        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            await stream.RequestStream.WriteAsync(Simple("1", isRaw: true), Cancellation);
            await stream.ResponseStream.MoveNext(Cancellation);
        });

        Assert.True(gone.IsCancellationRequested);
        Assert.Empty(log.Faults);
    }

    [Fact]
    public async Task Asks_for_a_key_of_the_role_that_may()
    {
        using var server = new TensorServer(
        [
            .. s_settings, ("Access:Keys:one:Sha256", AccessControlSpecs.Hash("secret")), ("Access:Keys:two:Sha256", AccessControlSpecs.Hash("other")),
            ("Access:Keys:two:Roles", "observe"),
        ]);
        using GrpcChannel channel = Channel(server);
        GRPCInferenceService.GRPCInferenceServiceClient client = BoundedRpc.On(channel);
        Metadata With(string key) => new() { { "authorization", $"Bearer {key}" } };

        RpcException none = await Assert.ThrowsAsync<RpcException>(async () => await client.ModelInferAsync(Simple("1", isRaw: true), cancellationToken: Cancellation));
        RpcException other = await Assert.ThrowsAsync<RpcException>(
            async () => await client.ModelInferAsync(Simple("1", isRaw: true), With("other"), cancellationToken: Cancellation));
        ModelInferResponse answer = await client.ModelInferAsync(Simple("1", isRaw: true), With("secret"), cancellationToken: Cancellation);
        ServerLiveResponse live = await client.ServerLiveAsync(new ServerLiveRequest(), cancellationToken: Cancellation);

        Assert.Equal((StatusCode.Unauthenticated, StatusCode.PermissionDenied), (none.StatusCode, other.StatusCode));
        Assert.Equal(["urn:deq:problem:unauthorized", "urn:deq:problem:forbidden"], new[] { none, other }.Select(fault => fault.Trailers.GetValue("deq-problem")));
        Assert.StartsWith("Show a key, as 'Authorization: Bearer …'", none.Status.Detail);
        Assert.Equal("1", answer.Id);
        Assert.True(live.Live);
    }

    private static void Leave(CancellationTokenSource gone)
    {
        gone.Cancel();
        throw new ProblemException(ProblemKinds.InvalidInput, "The answer fails.");
    }

    private static InferParameter ValueOf(string kind, string value) => kind switch
    {
        "bool" => new() { BoolParam = bool.Parse(value) },
        "int64" => new() { Int64Param = long.Parse(value, CultureInfo.InvariantCulture) },
        "uint64" => new() { Uint64Param = ulong.Parse(value, CultureInfo.InvariantCulture) },
        "double" => new() { DoubleParam = double.Parse(value, CultureInfo.InvariantCulture) },
        "string" => new() { StringParam = value },
        _ => new(),
    };

    private static ModelInferRequest Output(string parameter, InferParameter value)
    {
        ModelInferRequest request = Simple("1", isRaw: true);
        request.Outputs.Add(new InferRequestedOutputTensor { Name = "OUTPUT0", Parameters = { [parameter] = value } });
        return request;
    }

    private static GrpcChannel Channel(WebApplicationFactory<Program> server) =>
        GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions { HttpHandler = server.Server.CreateHandler() });

    private static ModelInferRequest Pair(int frame, bool start) => new()
    {
        ModelName = TinyFlowBundle.Name,
        Parameters = { ["sequence_id"] = new() { Int64Param = 7 }, ["sequence_start"] = new() { BoolParam = start } },
        Inputs =
        {
            new InferInputTensor { Name = "frame1", Datatype = "UINT8", Shape = { 1, 32, 48, 3 } },
            new InferInputTensor { Name = "frame2", Datatype = "UINT8", Shape = { 1, 32, 48, 3 } },
        },
        RawInputContents = { Frame(frame), Frame(frame + 1) },
    };

    /// <summary>A pattern that drifts by a fifth of a pixel from frame to frame.</summary>
    private static ByteString Frame(int index) => ByteString.CopyFrom([.. Enumerable.Range(0, 48 * 32).SelectMany(pixel =>
        Enumerable.Repeat((byte)(70 + (20 * Math.Sin(((pixel % 48) + (index * 0.2)) / 5) * Math.Cos(pixel / 48 / 4.0))), 3))]);

    private static ModelInferRequest Simple(string id, bool isRaw)
    {
        var request = new ModelInferRequest { ModelName = "simple", Id = id };
        (int[] first, int[] second) = ([.. Enumerable.Range(0, 16)], [.. Enumerable.Repeat(1, 16)]);
        foreach ((string name, int[] numbers) in new[] { ("INPUT0", first), ("INPUT1", second) })
        {
            var input = new InferInputTensor { Name = name, Datatype = "INT32", Shape = { 1, 16 } };
            request.Inputs.Add(input);
            if (isRaw)
            {
                request.RawInputContents.Add(ByteString.CopyFrom(InferRequests.Bytes(numbers)));
            }
            else
            {
                input.Contents = new InferTensorContents { IntContents = { numbers } };
            }
        }

        return request;
    }

    /// <summary>Has every request be left by its client once a token says so.</summary>
    private sealed class Ending(CancellationToken gone) : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.Use((http, rest) =>
            {
                http.RequestAborted = gone;
                return rest(http);
            });
            next(app);
        };
    }
}
