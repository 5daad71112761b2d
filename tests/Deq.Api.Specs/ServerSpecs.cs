using System.Net;
using System.Text.Json;
using Deq.Api.Problems;
using Deq.Api.Solving;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Deq.Api.Tasks.Flow;

namespace Deq.Api.Specs;

public sealed class ServerSpecs : IDisposable
{
    private readonly Server _server = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private HttpClient Client => _server.CreateClient();

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task Lists_and_describes_its_models()
    {
        JsonElement list = await Client.GetAsync("/api/v1/models", Cancellation).Ok();
        JsonElement model = await Client.GetAsync("/api/v1/models/linear", Cancellation).Ok();

        Assert.Equal(model.ToString(), Assert.Single(list.GetProperty("models").EnumerateArray()).ToString());
        Assert.Equal("image-classification", model.GetProperty("task").GetString());
        Assert.Equal(Server.Hash, model.GetProperty("sha256").GetString());
        Assert.Equal(2, model.GetProperty("input").GetProperty("height").GetInt32());
        Assert.Equal(["north", "east", "south", "west"], model.GetProperty("labels").EnumerateArray().Select(label => label.GetString()!));
        Assert.Equal("picard", model.GetProperty("defaults").GetProperty("solver").GetString());
        Assert.Equal(4, model.GetProperty("defaults").GetProperty("top").GetInt32());
        Assert.Equal(200, model.GetProperty("limits").GetProperty("maxEvaluations").GetInt32());
        Assert.Equal(32, model.GetProperty("limits").GetProperty("images").GetInt32());
        Assert.Equal(0.75, model.GetProperty("quality").GetProperty("accuracy").GetDouble());
    }

    [Fact]
    public async Task Says_at_its_root_where_to_go()
    {
        JsonElement home = await Client.GetAsync("/", Cancellation).Ok();

        foreach (string member in new[] { "documentation", "models", "health" })
        {
            using HttpResponseMessage response = await Client.GetAsync(home.GetProperty(member).GetString(), Cancellation);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
    }

    [Fact]
    public async Task Is_live_but_not_ready_and_refuses_politely_once_its_engines_stop()
    {
        JsonElement before = await Client.GetAsync("/healthz/ready", Cancellation).Ok();

        await _server.Catalog.StopAsync(Cancellation);

        using HttpResponseMessage ready = await Client.GetAsync("/healthz/ready", Cancellation);
        JsonElement live = await Client.GetAsync("/healthz/live", Cancellation).Ok();
        Assert.Equal("ready", before.GetProperty("status").GetString());
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Equal("not ready", (await ready.Json()).GetProperty("status").GetString());
        Assert.Equal("live", live.GetProperty("status").GetString());
        await Client.Post().Problem(ProblemKinds.Stopping);
    }

    [Fact]
    public async Task Documents_every_path_parameter_body_and_problem()
    {
        JsonElement document = await Client.GetAsync("/swagger/v1/swagger.json", Cancellation).Ok();

        JsonElement paths = document.GetProperty("paths");
        JsonElement classify = paths.GetProperty("/api/v1/models/{model}/classify").GetProperty("post");
        Assert.Equal(
            [
                "/",
                "/api/v1/ensembles", "/api/v1/ensembles/{ensemble}",
                "/api/v1/models", "/api/v1/models/{model}", "/api/v1/models/{model}/classify", "/api/v1/models/{model}/flow", "/api/v1/models/{model}/probe",
                "/api/v1/models/{model}/reason", "/api/v1/models/{model}/reconstruct", "/api/v1/models/{model}/restore", "/api/v1/models/{model}/stats", "/api/v1/streams", "/api/v1/streams/{id}", "/api/v1/streams/{id}/frames", "/api/v1/streams/{id}/ws", "/healthz/live", "/healthz/ready",
                "/v2", "/v2/health/live", "/v2/health/ready", "/v2/models/stats",
                .. new[] { "/v2/models/{model}", "/v2/models/{model}/versions/{version}" }.SelectMany(path => new[] { path, path + "/infer", path + "/ready", path + "/stats" })
                    .Order(StringComparer.Ordinal),
                "/v2/repository/index",
            ],
            paths.EnumerateObject().Select(path => path.Name).Order(StringComparer.Ordinal));
        Assert.Equal(
            ["model", .. SolveParameter.Names, "logits", "X-Tensor-Shape"],
            classify.GetProperty("parameters").EnumerateArray().Select(parameter => parameter.GetProperty("name").GetString()!));
        Assert.All(
            classify.GetProperty("parameters").EnumerateArray(),
            parameter => Assert.NotEmpty(parameter.GetProperty("description").GetString()!));
        Assert.Equal(
            ["image/png", "image/jpeg", "image/webp", "multipart/form-data", "application/octet-stream"],
            classify.GetProperty("requestBody").GetProperty("content").EnumerateObject().Select(body => body.Name));
        Assert.Equal(
            ["200", "400", "401", "403", "404", "406", "408", "413", "415", "422", "429", "500", "503"],
            classify.GetProperty("responses").EnumerateObject().Select(response => response.Name).Order(StringComparer.Ordinal));
        Assert.Equal(
            ["application/json", "text/event-stream"],
            classify.GetProperty("responses").GetProperty("200").GetProperty("content").EnumerateObject().Select(type => type.Name));
        string text = classify.ToString();
        Assert.All(
            ProblemKinds.All.Except([
                .. ProblemKinds.OfStreams, ProblemKinds.EnsembleNotFound, ProblemKinds.AnswerNotFound, ProblemKinds.FeedbackRepeated, ProblemKinds.FeedbackConflict, ProblemKinds.NotFound,
                ProblemKinds.ModelFaulty, ProblemKinds.AccuracyNotReached, ProblemKinds.MethodNotAllowed, ProblemKinds.FrameSize, ProblemKinds.InvalidInput,
                ProblemKinds.MissingGraphs, ProblemKinds.PreconditionFailed,
            ]),
            kind => Assert.Contains(kind.Type, text));
    }

    [Fact]
    public async Task Documents_the_frames_formats_and_headers_of_a_flow()
    {
        JsonElement document = await Client.GetAsync("/swagger/v1/swagger.json", Cancellation).Ok();

        JsonElement flow = document.GetProperty("paths").GetProperty("/api/v1/models/{model}/flow").GetProperty("post");
        JsonElement form = flow.GetProperty("requestBody").GetProperty("content").GetProperty("multipart/form-data").GetProperty("schema");
        JsonElement answer = flow.GetProperty("responses").GetProperty("200");
        Assert.Equal(["frame1", "frame2"], form.GetProperty("required").EnumerateArray().Select(name => name.GetString()!).Order(StringComparer.Ordinal));
        Assert.Equal(
            ["model", .. SolveParameter.OfSolves.Select(parameter => parameter.Name)],
            flow.GetProperty("parameters").EnumerateArray().Select(parameter => parameter.GetProperty("name").GetString()!));
        Assert.Equal(FlowFormat.All.Select(format => format.Type), answer.GetProperty("content").EnumerateObject().Select(type => type.Name));
        Assert.All(
            ["Deq-Solve", "Deq-Scale", "Deq-Evaluations"], name => Assert.True(answer.GetProperty("headers").TryGetProperty(name, out _), name));
        Assert.Contains(ProblemKinds.FrameSize.Type, flow.ToString());
        Assert.Contains(ProblemKinds.WrongTask.Type, flow.ToString());
    }

    [Fact]
    public async Task Does_not_tell_what_it_is_made_with()
    {
        using var server = new Server();
        server.UseKestrel();
        using HttpClient client = server.CreateClient();

        using HttpResponseMessage response = await client.GetAsync("/healthz/live", Cancellation);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.False(response.Headers.Contains("Server"));
    }
}
