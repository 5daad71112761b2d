using System.Net;
using System.Text.Json;
using Deq.Api.Models;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Deq.Testing;
using Deq.Testing.Bundles;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;

namespace Deq.Api.Specs.Fronts.OpenInference;

public sealed class RepositoryEndpointsSpecs : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly LifecycleServer _server = new(("Models:AllowLoading", "true"));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task Load_a_bundle_that_has_come_and_unload_it()
    {
        using HttpClient manage = _server.Client("manage");
        using HttpClient infer = _server.Client("infer");
        await infer.GetAsync("/v2/models/tiny", Cancellation).Ok();
        _server.Write("second", "1.0.0", seed: 2);

        JsonElement before = await infer.PostAsync("/v2/repository/index", null, Cancellation).Ok();
        using HttpResponseMessage loaded = await LifecycleServer.Post(manage, LifecycleServer.Load, "second");
        JsonElement answer = await Classify(infer, "second").Ok();
        using HttpResponseMessage unloaded = await LifecycleServer.Post(manage, LifecycleServer.Unload, "second");
        await Classify(infer, "second").Problem(ProblemKinds.ModelNotFound);
        await infer.GetAsync("/v2/models/second/ready", Cancellation).Problem(ProblemKinds.ModelNotFound);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (loaded.StatusCode, unloaded.StatusCode));
        Assert.Equal("second", answer.GetProperty("model").GetString());
        Assert.Equal(
            [("tiny", "READY"), ("second", "UNAVAILABLE")],
            before.EnumerateArray().Select(each => (each.GetProperty("name").GetString()!, each.GetProperty("state").GetString()!)));
    }

    [Fact]
    public async Task Serve_the_highest_version_of_a_folder_and_list_the_others()
    {
        using HttpClient manage = _server.Client("manage");
        using HttpClient infer = _server.Client("infer");
        _server.Write("many/2", "2.0.0");
        _server.Write("many/10", "10.0.0");

        using HttpResponseMessage loaded = await LifecycleServer.Post(manage, LifecycleServer.Load, "many");
        JsonElement described = await infer.GetAsync("/v2/models/many", Cancellation).Ok();
        await infer.GetAsync("/v2/models/many/versions/10/ready", Cancellation).Ok();
        await infer.GetAsync("/v2/models/many/versions/10.0.0", Cancellation).Ok();
        await infer.GetAsync("/v2/models/many/versions/2", Cancellation).Problem(ProblemKinds.ModelNotFound);
        JsonElement index = await infer.PostAsync("/v2/repository/index", null, Cancellation).Ok();

        Assert.Equal(HttpStatusCode.OK, loaded.StatusCode);
        Assert.Equal(["10"], described.GetProperty("versions").EnumerateArray().Select(version => version.GetString()));
        Assert.Equal(
            [("many", "10", "READY"), ("tiny", "1.0.0", "READY"), ("many", "2", "UNAVAILABLE")],
            index.EnumerateArray().Select(each => (each.GetProperty("name").GetString()!, each.GetProperty("version").GetString()!, each.GetProperty("state").GetString()!)));
    }

    [Theory]
    [InlineData("1", "1.0.0")]
    [InlineData("2", "2.0.0")]
    [InlineData(null, "3.0.0")]
    public async Task Serve_the_version_that_the_operator_names(string? setting, string version)
    {
        using var server = new LifecycleServer(setting is null ? [] : [("Models:Versions:many", setting)]);
        server.Write("many/1", "1.0.0");
        server.Write("many/2", "2.0.0");
        server.Write("many/3", "3.0.0");
        using HttpClient infer = server.Client("infer");

        JsonElement answer = await Classify(infer, "many").Ok();

        Assert.Equal(version, answer.GetProperty("version").GetString());
    }

    [Fact]
    public async Task Keep_the_model_that_is_served_where_the_new_one_has_faults()
    {
        using HttpClient manage = _server.Client("manage");
        using HttpClient infer = _server.Client("infer");
        await Classify(infer, "tiny").Ok();
        _server.Write("tiny", "2.0.0");
        _server.Spoil("tiny");

        JsonElement problem = await LifecycleServer.Post(manage, LifecycleServer.Load, "tiny").Problem(ProblemKinds.ModelFaulty);
        JsonElement none = await LifecycleServer.Post(manage, LifecycleServer.Load, "nonesuch").Problem(ProblemKinds.ModelFaulty);

        Assert.Contains("cell.onnx", problem.GetProperty("error").GetString());
        Assert.Contains("failed to poll from model repository", none.GetProperty("error").GetString());
        Assert.Equal("1.0.0", (await Classify(infer, "tiny").Ok()).GetProperty("version").GetString());
    }

    [Fact]
    public async Task Drop_no_request_while_a_model_is_loaded_anew()
    {
        using HttpClient manage = _server.Client("manage");
        using HttpClient infer = _server.Client("infer");
        await Classify(infer, "tiny").Ok();
        using var done = new CancellationTokenSource();
        Task<List<string>>[] clients = [.. Enumerable.Range(0, 8).Select(_ => Task.Run(() => Flood(infer, done.Token), Cancellation))];

        for (int round = 2; round <= 6; round++)
        {
            _server.Write("tiny", $"{round}.0.0", seed: round);
            using HttpResponseMessage loaded = await LifecycleServer.Post(manage, LifecycleServer.Load, "tiny");
            Assert.Equal(HttpStatusCode.OK, loaded.StatusCode);
            Assert.Equal($"{round}.0.0", (await Classify(infer, "tiny").Ok()).GetProperty("version").GetString());
        }

        await done.CancelAsync();
        string[] all = [.. (await Task.WhenAll(clients)).SelectMany(versions => versions)];
        Assert.DoesNotContain(all, version => version.StartsWith("failed", StringComparison.Ordinal));
        Assert.True(all.Distinct().Count() >= 3, string.Join(' ', all.Distinct()));
        Assert.True(SpinWait.SpinUntil(() => _server.Services.GetRequiredService<ModelCatalogue>().Draining == 0, TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task Are_for_the_role_that_may_and_take_no_configuration()
    {
        using HttpClient manage = _server.Client("manage");
        using HttpClient infer = _server.Client("infer");

        await LifecycleServer.Post(infer, LifecycleServer.Unload, "tiny").Problem(ProblemKinds.Forbidden);
        await LifecycleServer.Post(_server.CreateClient(), LifecycleServer.Unload, "tiny").Problem(ProblemKinds.Unauthorized);
        await manage.PostAsync("/v2/repository/models/tiny/load", InferRequests.Body("""{"parameters":{"config":"{}"}}"""), Cancellation).Problem(ProblemKinds.InvalidParameter);
        await manage.PostAsync("/v2/repository/models/tiny/load", InferRequests.Body("{"), Cancellation).Problem(ProblemKinds.MalformedRequest);
        await manage.PostAsync("/v2/repository/models/tiny/load", InferRequests.Body("""{"parameters":{"\ud800":1}}"""), Cancellation).Problem(ProblemKinds.MalformedRequest);
        await LifecycleServer.Post(manage, LifecycleServer.Unload, "nonesuch").Problem(ProblemKinds.ModelNotFound);
    }

    [Fact]
    public async Task List_the_models_that_are_asked_for_and_refuse_a_body_that_asks_for_none()
    {
        const string Index = "/v2/repository/index";
        using HttpClient manage = _server.Client("manage");
        using HttpClient infer = _server.Client("infer");
        using HttpResponseMessage unloaded = await LifecycleServer.Post(manage, LifecycleServer.Unload, "tiny");

        JsonElement all = await infer.PostAsync(Index, InferRequests.Body("""{"ready":false}"""), Cancellation).Ok();
        JsonElement ready = await infer.PostAsync(Index, InferRequests.Body("""{"ready":true}"""), Cancellation).Ok();

        Assert.Contains(all.EnumerateArray(), entry => entry.GetProperty("name").GetString() == "tiny");
        Assert.DoesNotContain(ready.EnumerateArray(), entry => entry.GetProperty("name").GetString() == "tiny");
        await infer.PostAsync(Index, InferRequests.Body("""{"ready":"yes"}"""), Cancellation).Problem(ProblemKinds.InvalidParameter);
        await infer.PostAsync(Index, InferRequests.Body("x"), Cancellation).Problem(ProblemKinds.MalformedRequest);
        await infer.PostAsync(Index, InferRequests.Body("[]"), Cancellation).Problem(ProblemKinds.MalformedRequest);
    }

    [Fact]
    public async Task Take_an_empty_body_and_none_above_16_KiB()
    {
        using HttpClient manage = _server.Client("manage");
        using HttpClient infer = _server.Client("infer");
        string padded = "{" + new string(' ', 16 << 10) + "}";

        await infer.PostAsync("/v2/repository/index", Calls.Bytes([], "application/json"), Cancellation).Ok();
        JsonElement index = await infer.PostAsync("/v2/repository/index", InferRequests.Body(padded), Cancellation).Problem(ProblemKinds.BodyTooLarge);
        JsonElement load = await manage.PostAsync("/v2/repository/models/tiny/load", InferRequests.Body(padded), Cancellation).Problem(ProblemKinds.BodyTooLarge);

        Assert.Equal((16 << 10, 16 << 10), (index.GetProperty("limit").GetInt32(), load.GetProperty("limit").GetInt32()));
    }

    [Fact]
    public async Task Count_a_body_that_comes_too_slowly_and_end_it()
    {
        var clock = new SteppedClock();
        using var server = new Server();
        using WebApplicationFactory<Program> timed = server.WithWebHostBuilder(host => host.ConfigureTestServices(services => services.AddSingleton<TimeProvider>(clock)));
        timed.UseKestrel();
        using HttpClient client = timed.CreateClient();
        using RawClient slow = await RawClient.Connect(client.BaseAddress!);
        HeldBodies bodies = timed.Services.GetRequiredService<HeldBodies>();
        await slow.Send(RawClient.Head("/v2/repository/index", 16, "application/json"));
        await slow.Send("{");
        Assert.True(SpinWait.SpinUntil(() => clock.IsAwaited(TimeSpan.FromSeconds(30)) && bodies.Bytes > 0, s_patience));

        clock.Advance(TimeSpan.FromSeconds(30));

        string answer = await slow.ReadSome().WaitAsync(s_patience, Cancellation);
        Assert.StartsWith("HTTP/1.1 408", answer, StringComparison.Ordinal);
        Assert.Contains(ProblemKinds.BodyTooSlow.Type, answer, StringComparison.Ordinal);
        Assert.True(SpinWait.SpinUntil(() => bodies is { Bytes: 0, Clients: 0 }, s_patience));
    }

    [Fact]
    public async Task List_what_is_served_and_load_nothing_where_the_folder_is_gone()
    {
        using HttpClient manage = _server.Client("manage");
        using HttpClient infer = _server.Client("infer");
        await Classify(infer, "tiny").Ok();

        _server.HideFolder();
        try
        {
            JsonElement index = await infer.PostAsync("/v2/repository/index", null, Cancellation).Ok();
            JsonElement problem = await LifecycleServer.Post(manage, LifecycleServer.Load, "tiny").Problem(ProblemKinds.ModelFaulty);

            Assert.Equal(("tiny", "READY"), (Assert.Single(index.EnumerateArray()).GetProperty("name").GetString(), index[0].GetProperty("state").GetString()));
            Assert.Contains("failed to poll from model repository", problem.GetProperty("error").GetString());
        }
        finally
        {
            _server.ShowFolder();
        }

        await Classify(infer, "tiny").Ok();
    }

    [Fact]
    public async Task Are_off_unless_the_operator_says_otherwise()
    {
        using var server = new LifecycleServer();
        using HttpClient manage = server.Client("manage");

        await LifecycleServer.Post(manage, LifecycleServer.Unload, "tiny").Problem(ProblemKinds.NotFound);
    }

    private static Task<HttpResponseMessage> Classify(HttpClient client, string model) =>
        client.PostAsync($"/api/v1/models/{model}/classify", Calls.Tensor("1,8,8", TinyBundle.Image(3)), Cancellation);

    private static async Task<List<string>> Flood(HttpClient client, CancellationToken done)
    {
        List<string> versions = [];
        while (!done.IsCancellationRequested)
        {
            using HttpResponseMessage response = await Classify(client, "tiny");
            versions.Add(response.IsSuccessStatusCode ? (await response.Json()).GetProperty("version").GetString()! : $"failed {response.StatusCode}");
        }

        return versions;
    }
}
