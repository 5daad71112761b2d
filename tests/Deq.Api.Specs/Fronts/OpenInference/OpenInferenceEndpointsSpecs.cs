using System.Net;
using System.Text.Json;
using Deq.Api.Models;
using Deq.Api.Problems;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Deq.Testing.Bundles;
using Microsoft.Extensions.DependencyInjection;

namespace Deq.Api.Specs.Fronts.OpenInference;

public sealed class OpenInferenceEndpointsSpecs
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Describe_the_server_and_its_models()
    {
        using var server = new TensorServer(("OpenInference:ServerName", "triton"));
        using HttpClient client = server.CreateClient();

        JsonElement metadata = await client.GetAsync("/v2", Cancellation).Ok();
        JsonElement flow = await client.GetAsync($"/v2/models/{TinyFlowBundle.Name}", Cancellation).Ok();
        JsonElement versioned = await client.GetAsync($"{TensorServer.Simple}/versions/1", Cancellation).Ok();
        JsonElement index = await client.PostAsync("/v2/repository/index", null, Cancellation).Ok();

        Assert.Equal("triton", metadata.GetProperty("name").GetString());
        Assert.Contains("binary_tensor_data", metadata.GetProperty("extensions").EnumerateArray().Select(each => each.GetString()));
        Assert.Equal(
            """{"name":"frame1","datatype":"UINT8","shape":[-1,-1,-1,3]}""", flow.GetProperty("inputs")[0].GetRawText());
        Assert.Equal(
            """{"name":"simple","versions":["1"],"platform":"onnx_onnxv1","inputs":[{"name":"INPUT0","datatype":"INT32","shape":[-1,16]},{"name":"INPUT1","datatype":"INT32","shape":[-1,16]}],"outputs":[{"name":"OUTPUT0","datatype":"INT32","shape":[-1,16]},{"name":"OUTPUT1","datatype":"INT32","shape":[-1,16]}]}""",
            versioned.GetRawText());
        Assert.Equal(["simple", "tiny", "tiny-flow"], index.EnumerateArray().Select(each => each.GetProperty("name").GetString()).Order());
        Assert.All(index.EnumerateArray(), each => Assert.Equal("READY", each.GetProperty("state").GetString()));
    }

    [Fact]
    public async Task Count_what_was_answered()
    {
        using var server = new TensorServer();
        using HttpClient client = server.CreateClient();
        string input = InferRequests.Input("image", [2, 1, 8, 8], [.. TinyBundle.Image(1), .. TinyBundle.Image(2)]);
        long before = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        await client.Infer("tiny", $$"""{"inputs":[{{input}}]}""").Ok();
        await client.Infer("tiny", $$"""{"parameters":{"deq_max_evaluations":1,"deq_tolerance":1e-6,"deq_require_converged":true},"inputs":[{{input}}]}""").Problem(ProblemKinds.NotConverged);
        await client.Infer("tiny", $$"""{"parameters":{"deq_solver":"none"},"inputs":[{{input}}]}""").Problem(ProblemKinds.InvalidParameter);

        JsonElement one = await client.GetAsync("/v2/models/tiny/stats", Cancellation).Ok();
        JsonElement all = await client.GetAsync("/v2/models/stats", Cancellation).Ok();

        JsonElement stats = Assert.Single(one.GetProperty("model_stats").EnumerateArray());
        Assert.Equal(4, stats.GetProperty("inference_count").GetInt64());
        Assert.Equal(1, stats.GetProperty("inference_stats").GetProperty("success").GetProperty("count").GetInt64());
        Assert.Equal(2, stats.GetProperty("inference_stats").GetProperty("fail").GetProperty("count").GetInt64());
        Assert.InRange(stats.GetProperty("last_inference").GetInt64(), before, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        Assert.True(stats.GetProperty("inference_stats").GetProperty("compute_infer").GetProperty("ns").GetInt64() > 0);
        Assert.Equal(3, all.GetProperty("model_stats").GetArrayLength());
    }

    [Fact]
    public async Task Say_whether_server_and_models_are_ready()
    {
        using var server = new TensorServer();
        using HttpClient client = server.CreateClient();

        JsonElement live = await client.GetAsync("/v2/health/live", Cancellation).Ok();
        JsonElement ready = await client.GetAsync("/v2/health/ready", Cancellation).Ok();
        JsonElement model = await client.GetAsync("/v2/models/tiny/ready", Cancellation).Ok();
        await server.Services.GetRequiredService<ModelCatalogue>().StopAsync(Cancellation);
        using HttpResponseMessage stopped = await client.GetAsync("/v2/health/ready", Cancellation);
        using HttpResponseMessage gone = await client.GetAsync("/v2/models/tiny/ready", Cancellation);

        Assert.Equal("""{"live":true}""", live.GetRawText());
        Assert.Equal("""{"ready":true}""", ready.GetRawText());
        Assert.Equal("""{"name":"tiny","ready":true}""", model.GetRawText());
        Assert.Equal(HttpStatusCode.ServiceUnavailable, stopped.StatusCode);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, gone.StatusCode);
        JsonElement problem = await client.Infer("tiny", $$"""{"inputs":[{{InferRequests.Input("image", [1, 1, 8, 8], TinyBundle.Image(1))}}]}""").Problem(ProblemKinds.Stopping);
        Assert.Equal(problem.Detail(), problem.GetProperty("error").GetString());
    }

    [Fact]
    public async Task Are_off_where_the_operator_says_so()
    {
        using var server = new TensorServer(("OpenInference:Rest", "false"));
        using HttpClient client = server.CreateClient();

        await client.GetAsync("/v2/health/live", Cancellation).Problem(ProblemKinds.NotFound);
        await client.Infer("tiny", "{}").Problem(ProblemKinds.NotFound);
    }

    [Fact]
    public async Task Say_an_error_in_every_problem_below_them_and_nowhere_else()
    {
        using var server = new TensorServer();
        using HttpClient client = server.CreateClient();

        JsonElement below = await client.GetAsync("/v2/nonesuch", Cancellation).Problem(ProblemKinds.NotFound);
        JsonElement wrong = await client.GetAsync("/v2/models/tiny/infer", Cancellation).Problem(ProblemKinds.MethodNotAllowed);
        JsonElement elsewhere = await client.GetAsync("/api/v1/models/nonesuch", Cancellation).Problem(ProblemKinds.ModelNotFound);

        Assert.Equal(below.Detail(), below.GetProperty("error").GetString());
        Assert.Equal(wrong.Detail(), wrong.GetProperty("error").GetString());
        Assert.False(elsewhere.TryGetProperty("error", out _));
    }
}
