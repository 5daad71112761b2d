using System.Net;
using System.Text.Json;
using Deq.Api.Models;
using Deq.Api.Models.Sources;
using Deq.Api.Problems;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using static Deq.Api.Specs.Servers.SourcedServers;

namespace Deq.Api.Specs.Models.Sources;

public sealed class SourceLoadingSpecs : IDisposable
{
    private readonly SourcedServers _servers = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _servers.Dispose();

    [Fact]
    public async Task Serves_a_model_from_elsewhere_and_takes_it_from_the_cache_at_the_next_start()
    {
        await using SourceServer source = await SourceServer.Start();
        WebApplicationFactory<Program> first = _servers.Serve(source);
        _servers.Await(first);

        string name = (await Classify(first, "far").Ok()).GetProperty("model").GetString()!;
        int asked = source.Asked;
        source.Fault = (_, _) => SourceServer.Status(500);
        WebApplicationFactory<Program> second = _servers.Serve(source);

        Assert.Equal("far", name);
        Assert.True(Has(second, "far"));
        await Classify(second, "far").Ok();
        Assert.Equal(asked, source.Asked);
        Assert.Equal([source.Sha256], Directory.GetFileSystemEntries(_servers.Cache.Path).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Starts_without_a_source_that_is_down_and_loads_its_model_when_it_comes()
    {
        await using SourceServer source = await SourceServer.Start();
        bool isDown = true;
        source.Fault = (_, _) => isDown ? SourceServer.Status(503) : null;

        WebApplicationFactory<Program> server = _servers.Serve(source);
        await Classify(server, "tiny").Ok();
        Assert.True(SpinWait.SpinUntil(() => _servers.Log.Length > 0, TimeSpan.FromSeconds(30)));
        JsonElement problem = await Classify(server, "far").Problem(ProblemKinds.ModelNotFound);
        JsonElement models = await Client(server).GetAsync("/api/v1/models", Cancellation).Ok();
        JsonElement index = await Client(server).PostAsync("/v2/repository/index", null, Cancellation).Ok();
        using HttpResponseMessage ready = await Client(server).GetAsync("/healthz/ready", Cancellation);
        isDown = false;
        _servers.Await(server);

        Assert.Contains("not loaded", problem.GetProperty("detail").GetString());
        Assert.Equal("far", Assert.Single(models.GetProperty("awaited").EnumerateArray()).GetProperty("name").GetString());
        Assert.Contains("far", index.EnumerateArray().Select(entry => entry.GetProperty("name").GetString()));
        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
        await Classify(server, "far").Ok();
        Assert.Empty((await Client(server).GetAsync("/api/v1/models", Cancellation).Ok()).GetProperty("awaited").EnumerateArray());
    }

    public static TheoryData<string> PassingFaults => ["500", "timeout", "half"];

    [Theory, MemberData(nameof(PassingFaults))]
    public async Task Tries_again_at_once_where_that_may_help(string fault)
    {
        await using SourceServer source = await SourceServer.Start();
        source.Fault = (path, asked) => path == "cell.onnx" && asked <= 2 ? Of(fault) : null;

        WebApplicationFactory<Program> server = _servers.Serve(source, ("Models:SourceTimeoutMs", fault == "timeout" ? "5000" : "60000"));
        _servers.Await(server);

        await Classify(server, "far").Ok();
        Assert.Equal((3, 1), (source.AskedFor("cell.onnx"), source.AskedFor("manifest.json")));
    }

    [Theory]
    [InlineData("500", "cell.onnx is answered with 500.")]
    [InlineData("404", "cell.onnx is answered with 404.")]
    [InlineData("timeout", "cell.onnx did not come within 200 ms.")]
    [InlineData("half", "cell.onnx broke off.")]
    [InlineData("hash", "cell.onnx has the SHA-256")]
    [InlineData("long", "cell.onnx has more than")]
    public async Task Never_serves_what_keeps_failing_and_says_why(string fault, string reason)
    {
        await using SourceServer source = await SourceServer.Start();
        source.Fault = (path, _) => path == "cell.onnx" ? Of(fault) : null;

        WebApplicationFactory<Program> server = _servers.Serve(source, ("Models:SourceTimeoutMs", fault == "timeout" ? "200" : "60000"), ("Models:SourceBytes", "100000"));

        _servers.AwaitLine(reason);
        Assert.False(Has(server, "far"));
        Assert.DoesNotContain(_servers.Log, line => line.Contains("sig=", StringComparison.Ordinal));
        Assert.False(Directory.Exists(_servers.Cache[source.Sha256]));
        await Classify(server, "tiny").Ok();
    }

    [Fact]
    public async Task Refuses_a_manifest_that_is_not_the_one_named()
    {
        await using SourceServer source = await SourceServer.Start();
        source.Fault = (_, _) => (http, file) => http.Response.Body.WriteAsync(file.Append((byte)' ').ToArray()).AsTask();

        WebApplicationFactory<Program> server = _servers.Serve(source);

        _servers.AwaitLine("manifest.json has the SHA-256");
        Assert.False(Has(server, "far"));
        Assert.Equal(0, source.AskedFor("cell.onnx"));
    }

    [Fact]
    public async Task Fetches_a_damaged_bundle_of_the_cache_again()
    {
        await using SourceServer source = await SourceServer.Start();
        _servers.Await(_servers.Serve(source));
        await File.AppendAllTextAsync(Path.Combine(_servers.Cache[source.Sha256], "cell.onnx"), "x", Cancellation);

        WebApplicationFactory<Program> second = _servers.Serve(source);
        _servers.Await(second);

        await Classify(second, "far").Ok();
        Assert.Equal(2, source.AskedFor("cell.onnx"));
    }

    [Fact]
    public async Task Does_not_serve_a_model_of_another_name()
    {
        await using SourceServer source = await SourceServer.Start("other");

        WebApplicationFactory<Program> server = _servers.Serve(source);
        SourceStates states = server.Services.GetRequiredService<SourceStates>();

        Assert.True(SpinWait.SpinUntil(() => states.All[0].State == SourceState.Faulty, TimeSpan.FromSeconds(30)));
        Assert.Contains("'other'", states.All[0].Reason);
        Assert.False(Has(server, "far") || Has(server, "other"));
    }

    [Fact]
    public async Task Sends_the_query_of_the_address_with_every_file()
    {
        await using SourceServer source = await SourceServer.Start();

        _servers.Await(_servers.Serve(source));

        Assert.Equal("?sig=a%2Fb", source.Query);
    }

    [Fact]
    public async Task Fetches_a_file_with_an_address_of_its_own_from_there()
    {
        await using SourceServer source = await SourceServer.Start();
        await using SourceServer other = await SourceServer.Start();

        WebApplicationFactory<Program> server = _servers.Serve(source, ("Models:Sources:far:Files:cell.onnx", other.Address + "cell.onnx?signed=1"));
        _servers.Await(server);

        Assert.Equal((0, 1, "?signed=1"), (source.AskedFor("cell.onnx"), other.Asked, other.Query));
    }

    [Fact]
    public async Task Outlives_a_fault_that_is_not_foreseen_and_tries_again()
    {
        await using SourceServer source = await SourceServer.Start();
        int checks = 0;

        WebApplicationFactory<Program> server = _servers.Serve(source, services => services.AddSingleton<ModelCheck>(manifest =>
            manifest.Name == "far" && checks++ == 0 ? throw new InvalidOperationException("Not foreseen.") : []));
        _servers.Await(server);

        Assert.Contains("is not loaded for an unexpected fault", Assert.Single(_servers.Log), StringComparison.Ordinal);
        Assert.Contains(_servers.Lines.Faults, fault => fault.Contains("Not foreseen.", StringComparison.Ordinal));
    }

    private static Func<HttpContext, byte[], Task> Of(string fault) => fault switch
    {
        "timeout" => SourceServer.Nothing,
        "half" => SourceServer.Half,
        "hash" => (http, file) => http.Response.Body.WriteAsync(file.Reverse().ToArray()).AsTask(),
        "long" => (http, _) => http.Response.Body.WriteAsync(new byte[200_000]).AsTask(),
        _ => SourceServer.Status(int.Parse(fault, System.Globalization.CultureInfo.InvariantCulture)),
    };
}
