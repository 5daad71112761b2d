using Deq.Api.Models;
using Deq.Api.Specs.Clients;
using Deq.Testing.Bundles;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Deq.Api.Specs.Servers;

/// <summary>Servers in this process that have <c>tiny</c> and fetch <c>far</c> from elsewhere, one after another, with one cache and one log.</summary>
internal sealed class SourcedServers : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly List<IDisposable> _servers = [];

    public TemporaryFolder Cache { get; } = new();

    public LogLines Lines { get; } = new();

    /// <summary>What was said of the loading of sources.</summary>
    public string[] Log => Lines.Of("Deq.Api.Models.Sources.SourceLoading");

    public void Dispose()
    {
        _servers.ForEach(server => server.Dispose());
        Cache.Dispose();
    }

    public static bool Has(WebApplicationFactory<Program> server, string model) => server.Services.GetRequiredService<ModelCatalogue>().Has(model);

    /// <summary>A client with the key of a role that may infer.</summary>
    public static HttpClient Client(WebApplicationFactory<Program> server)
    {
        HttpClient client = server.CreateClient();
        client.DefaultRequestHeaders.Add("X-Api-Key", "secret of infer");
        return client;
    }

    public static Task<HttpResponseMessage> Classify(WebApplicationFactory<Program> server, string model) => Client(server).PostAsync(
        $"/api/v1/models/{model}/classify", Calls.Tensor("1,8,8", TinyBundle.Image(seed: 3)), TestContext.Current.CancellationToken);

    /// <summary>Waits until the server has fetched its model.</summary>
    public void Await(WebApplicationFactory<Program> server) =>
        Assert.True(SpinWait.SpinUntil(() => Has(server, "far"), s_patience), string.Join('\n', Log));

    /// <summary>Waits until the log has a line with such a text.</summary>
    public void AwaitLine(string text) =>
        Assert.True(SpinWait.SpinUntil(() => Log.Any(line => line.Contains(text, StringComparison.Ordinal)), s_patience), string.Join('\n', Log));

    /// <summary>A server that fetches a source's bundle by its address.</summary>
    public WebApplicationFactory<Program> Serve(SourceServer source, params (string Key, string Value)[] settings) => Serve(source, _ => { }, settings);

    /// <summary>The same with services of a spec's own.</summary>
    public WebApplicationFactory<Program> Serve(SourceServer source, Action<IServiceCollection> services, params (string Key, string Value)[] settings)
    {
        var server = new LifecycleServer(
        [
            ("Models:CacheDirectory", Cache.Path),
            ("Models:SourceRetryMs", "20"),
            ("Models:Sources:far:Address", source.Address + "?sig=a%2Fb"),
            ("Models:Sources:far:Sha256", source.Sha256),
            .. settings,
        ]);
        _servers.Add(server);
        WebApplicationFactory<Program> logged = server.WithWebHostBuilder(builder => builder.ConfigureLogging(logging => logging.AddProvider(Lines)).ConfigureServices(services));
        _ = logged.Server;
        return logged;
    }
}
