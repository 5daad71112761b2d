using System.Net;
using System.Text.Json;
using Deq.Api.Models;
using Deq.Api.Models.Sources;
using Deq.Api.Problems;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Deq.Testing.Bundles;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Deq.Api.Specs.Models.Sources;

public sealed class SourceLoadingSpecs : IDisposable
{
    private readonly TemporaryFolder _cache = new();
    private readonly LogLines _log = new();
    private readonly List<IDisposable> _servers = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string[] Log => _log.Of("Deq.Api.Models.Sources.SourceLoading");

    public void Dispose()
    {
        _servers.ForEach(server => server.Dispose());
        _cache.Dispose();
    }

    [Fact]
    public async Task Serves_a_model_from_elsewhere_and_takes_it_from_the_cache_at_the_next_start()
    {
        await using SourceServer source = await SourceServer.Start();
        WebApplicationFactory<Program> first = Serve(source);
        Await(first, "far");

        string name = (await Classify(first, "far").Ok()).GetProperty("model").GetString()!;
        int asked = source.Asked;
        source.Fault = (_, _) => SourceServer.Status(500);
        WebApplicationFactory<Program> second = Serve(source);

        Assert.Equal("far", name);
        Assert.True(Has(second, "far"));
        await Classify(second, "far").Ok();
        Assert.Equal(asked, source.Asked);
        Assert.Equal([source.Sha256], Directory.GetFileSystemEntries(_cache.Path).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Starts_without_a_source_that_is_down_and_loads_its_model_when_it_comes()
    {
        await using SourceServer source = await SourceServer.Start();
        bool isDown = true;
        source.Fault = (_, _) => isDown ? SourceServer.Status(503) : null;

        WebApplicationFactory<Program> server = Serve(source);
        await Classify(server, "tiny").Ok();
        Assert.True(SpinWait.SpinUntil(() => Log.Length > 0, TimeSpan.FromSeconds(30)));
        JsonElement problem = await Classify(server, "far").Problem(ProblemKinds.ModelNotFound);
        JsonElement models = await Client(server).GetAsync("/api/v1/models", Cancellation).Ok();
        JsonElement index = await Client(server).PostAsync("/v2/repository/index", null, Cancellation).Ok();
        using HttpResponseMessage ready = await Client(server).GetAsync("/healthz/ready", Cancellation);
        isDown = false;
        Await(server, "far");

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

        WebApplicationFactory<Program> server = Serve(source, ("Models:SourceTimeoutMs", "1000"));
        Await(server, "far");

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

        WebApplicationFactory<Program> server = Serve(source, ("Models:SourceTimeoutMs", "200"), ("Models:SourceBytes", "100000"));

        Assert.True(SpinWait.SpinUntil(() => Log.Any(line => line.Contains(reason, StringComparison.Ordinal)), TimeSpan.FromSeconds(30)), string.Join('\n', Log));
        Assert.False(Has(server, "far"));
        Assert.DoesNotContain(Log, line => line.Contains("sig=", StringComparison.Ordinal));
        Assert.False(Directory.Exists(_cache[source.Sha256]));
        await Classify(server, "tiny").Ok();
    }

    [Fact]
    public async Task Refuses_a_manifest_that_is_not_the_one_named()
    {
        await using SourceServer source = await SourceServer.Start();
        source.Fault = (_, _) => (http, file) => http.Response.Body.WriteAsync(file.Append((byte)' ').ToArray()).AsTask();

        WebApplicationFactory<Program> server = Serve(source);

        Assert.True(SpinWait.SpinUntil(() => Log.Any(line => line.Contains("manifest.json has the SHA-256", StringComparison.Ordinal)), TimeSpan.FromSeconds(30)));
        Assert.False(Has(server, "far"));
        Assert.Equal(0, source.AskedFor("cell.onnx"));
    }

    [Fact]
    public async Task Fetches_a_damaged_bundle_of_the_cache_again()
    {
        await using SourceServer source = await SourceServer.Start();
        Await(Serve(source), "far");
        await File.AppendAllTextAsync(Path.Combine(_cache[source.Sha256], "cell.onnx"), "x", Cancellation);

        WebApplicationFactory<Program> second = Serve(source);
        Await(second, "far");

        await Classify(second, "far").Ok();
        Assert.Equal(2, source.AskedFor("cell.onnx"));
    }

    [Fact]
    public async Task Does_not_serve_a_model_of_another_name()
    {
        await using SourceServer source = await SourceServer.Start("other");

        WebApplicationFactory<Program> server = Serve(source);
        SourceStates states = server.Services.GetRequiredService<SourceStates>();

        Assert.True(SpinWait.SpinUntil(() => states.All[0].State == SourceState.Faulty, TimeSpan.FromSeconds(30)));
        Assert.Contains("'other'", states.All[0].Reason);
        Assert.False(Has(server, "far") || Has(server, "other"));
    }

    [Fact]
    public async Task Sends_the_query_of_the_address_with_every_file()
    {
        await using SourceServer source = await SourceServer.Start();

        Await(Serve(source), "far");

        Assert.Equal("?sig=a%2Fb", source.Query);
    }

    [Fact]
    public async Task Fetches_a_file_with_an_address_of_its_own_from_there()
    {
        await using SourceServer source = await SourceServer.Start();
        await using SourceServer other = await SourceServer.Start();

        WebApplicationFactory<Program> server = Serve(source, ("Models:Sources:far:Files:cell.onnx", other.Address + "cell.onnx?signed=1"));
        Await(server, "far");

        Assert.Equal((0, 1, "?signed=1"), (source.AskedFor("cell.onnx"), other.Asked, other.Query));
    }

    [Theory]
    [InlineData("file:///etc/passwd")]
    [InlineData("news:x")]
    [InlineData("ldap:///")]
    [InlineData("urn:a:b")]
    [InlineData("//")]
    [InlineData("net.pipe://x/")]
    [InlineData("http://192.0.2.2:80/manifest.json")]
    public async Task Outlives_a_redirect_to_where_no_source_may_be_and_asks_again(string location)
    {
        await using SourceServer source = await SourceServer.Start();
        source.Fault = (_, asked) => asked <= 2 ? SourceServer.Redirect(location) : null;

        WebApplicationFactory<Program> server = Serve(source);
        Await(server, "far");

        await Classify(server, "far").Ok();
        Assert.Contains(Log, line => line.Contains("will be asked again: manifest.json is redirected", StringComparison.Ordinal));
        Assert.False(server.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested);
    }

    [Fact]
    public async Task Follows_redirects_on_the_loopback_address()
    {
        await using SourceServer source = await SourceServer.Start();
        await using SourceServer other = await SourceServer.Start();
        source.Fault = (path, _) => SourceServer.Redirect($"{other.Address}{path}");

        WebApplicationFactory<Program> server = Serve(source);
        Await(server, "far");

        Assert.Equal((1, 1, ""), (source.AskedFor("manifest.json"), other.AskedFor("manifest.json"), other.Query));
    }

    [Fact]
    public async Task Follows_five_redirects_and_no_more()
    {
        await using SourceServer source = await SourceServer.Start();
        source.Fault = (path, asked) => path == "manifest.json" && asked <= 11 ? SourceServer.Redirect(path) : null;

        Await(Serve(source), "far");

        Assert.Equal(12, source.AskedFor("manifest.json"));
        Assert.Contains("manifest.json is redirected more than 5 times.", Assert.Single(Log), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Outlives_a_fault_that_is_not_foreseen_and_tries_again()
    {
        await using SourceServer source = await SourceServer.Start();
        int checks = 0;

        WebApplicationFactory<Program> server = Serve(source, services => services.AddSingleton<ModelCheck>(manifest =>
            manifest.Name == "far" && checks++ == 0 ? throw new InvalidOperationException("Not foreseen.") : []));
        Await(server, "far");

        Assert.Contains("is not loaded for an unexpected fault", Assert.Single(Log), StringComparison.Ordinal);
        Assert.Contains(_log.Faults, fault => fault.Contains("Not foreseen.", StringComparison.Ordinal));
    }

    private static Func<HttpContext, byte[], Task> Of(string fault) => fault switch
    {
        "timeout" => SourceServer.Nothing,
        "half" => SourceServer.Half,
        "hash" => (http, file) => http.Response.Body.WriteAsync(file.Reverse().ToArray()).AsTask(),
        "long" => (http, _) => http.Response.Body.WriteAsync(new byte[200_000]).AsTask(),
        _ => SourceServer.Status(int.Parse(fault, System.Globalization.CultureInfo.InvariantCulture)),
    };

    private static bool Has(WebApplicationFactory<Program> server, string model) => server.Services.GetRequiredService<ModelCatalogue>().Has(model);

    private static void Await(WebApplicationFactory<Program> server, string model) =>
        Assert.True(SpinWait.SpinUntil(() => Has(server, model), TimeSpan.FromSeconds(30)));

    private static HttpClient Client(WebApplicationFactory<Program> server)
    {
        HttpClient client = server.CreateClient();
        client.DefaultRequestHeaders.Add("X-Api-Key", "secret of infer");
        return client;
    }

    private static Task<HttpResponseMessage> Classify(WebApplicationFactory<Program> server, string model) =>
        Client(server).PostAsync($"/api/v1/models/{model}/classify", Calls.Tensor("1,8,8", TinyBundle.Image(seed: 3)), Cancellation);

    private WebApplicationFactory<Program> Serve(SourceServer source, params (string Key, string Value)[] settings) => Serve(source, _ => { }, settings);

    private WebApplicationFactory<Program> Serve(SourceServer source, Action<IServiceCollection> services, params (string Key, string Value)[] settings)
    {
        var server = new LifecycleServer(
        [
            ("Models:CacheDirectory", _cache.Path),
            ("Models:SourceRetryMs", "20"),
            ("Models:Sources:far:Address", source.Address + "?sig=a%2Fb"),
            ("Models:Sources:far:Sha256", source.Sha256),
            .. settings,
        ]);
        _servers.Add(server);
        WebApplicationFactory<Program> logged = server.WithWebHostBuilder(builder => builder.ConfigureLogging(logging => logging.AddProvider(_log)).ConfigureServices(services));
        _ = logged.Server;
        return logged;
    }
}
