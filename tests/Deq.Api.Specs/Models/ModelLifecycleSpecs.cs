using Deq.Api.Models;
using Deq.Api.Models.Sources;
using Deq.Api.Problems;
using Deq.Api.Specs.Clients;
using Deq.Api.Specs.Servers;
using Deq.Runtime.Bundles;
using Deq.Testing.Bundles;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Deq.Api.Specs.Models;

/// <summary>Loading the models of sources by name; that of bundles is specified where requests ask for it.</summary>
public sealed class ModelLifecycleSpecs : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly SourcedServers _servers = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _servers.Dispose();

    [Fact]
    public async Task Fetches_a_source_again_where_what_the_cache_has_of_it_is_damaged()
    {
        await using SourceServer source = await SourceServer.Start();
        WebApplicationFactory<Program> server = _servers.Serve(source);
        SourceStates states = server.Services.GetRequiredService<SourceStates>();
        Assert.True(SpinWait.SpinUntil(() => states.All[0].IsLoaded, s_patience));
        await File.AppendAllTextAsync(Path.Combine(_servers.Cache[source.Sha256], "cell.onnx"), "x", Cancellation);
        states.Set(new SourceState("far", SourceState.Faulty, "It is damaged."));

        await Load(server);

        Assert.Equal(2, source.AskedFor("cell.onnx"));
        Assert.True(states.All[0].IsLoaded);
        await SourcedServers.Classify(server, "far").Ok();
    }

    [Fact]
    public async Task Says_why_a_source_is_not_fetched_and_keeps_what_is_served()
    {
        await using SourceServer source = await SourceServer.Start();
        WebApplicationFactory<Program> server = _servers.Serve(source);
        _servers.Await(server);
        source.Fault = (_, _) => SourceServer.Status(404);
        Directory.Delete(_servers.Cache[source.Sha256], recursive: true);

        ProblemException problem = await Assert.ThrowsAsync<ProblemException>(() => Load(server));

        Assert.Equal(ProblemKinds.ModelFaulty, problem.Kind);
        Assert.Contains("manifest.json is answered with 404.", problem.Message, StringComparison.Ordinal);
        Assert.True(SourcedServers.Has(server, "far"));
    }

    [Fact]
    public async Task Serves_no_model_of_another_name_than_the_source()
    {
        await using SourceServer source = await SourceServer.Start("other");
        WebApplicationFactory<Program> server = _servers.Serve(source);
        SourceStates states = server.Services.GetRequiredService<SourceStates>();
        Assert.True(SpinWait.SpinUntil(() => states.All[0].State == SourceState.Faulty, s_patience));

        ProblemException problem = await Assert.ThrowsAsync<ProblemException>(() => Load(server));

        Assert.Equal(ProblemKinds.ModelFaulty, problem.Kind);
        Assert.Contains("'other'", problem.Message, StringComparison.Ordinal);
        Assert.False(SourcedServers.Has(server, "other"));
    }

    [Fact]
    public async Task Serves_no_bundle_of_the_folder_that_has_the_name_of_a_source()
    {
        await using SourceServer source = await SourceServer.Start();
        source.Fault = (_, _) => SourceServer.Status(404);
        WebApplicationFactory<Program> server = _servers.Serve(source);
        TinyBundle.Write(Path.Combine(server.Services.GetRequiredService<ModelOpener>().Folder!, "far"), new TinyBundleOptions { Name = "far" });

        ProblemException problem = await Assert.ThrowsAsync<ProblemException>(() => Load(server));

        Assert.Contains("far and Models:Sources:far both have its name", problem.Message, StringComparison.Ordinal);
        Assert.False(SourcedServers.Has(server, "far"));
    }

    [Fact]
    public async Task Opens_no_bundle_of_another_hash_than_that_of_its_source()
    {
        await using SourceServer source = await SourceServer.Start();
        WebApplicationFactory<Program> server = _servers.Serve(source);
        _servers.Await(server);
        string other = new('0', 64);

        BundleException fault = await Assert.ThrowsAsync<BundleException>(
            () => server.Services.GetRequiredService<ModelLifecycle>().LoadFolderAsync(_servers.Cache[source.Sha256], other, Cancellation));

        Assert.Contains($"has the SHA-256 {source.Sha256} and not {other}", Assert.Single(fault.Faults), StringComparison.Ordinal);
        await SourcedServers.Classify(server, "far").Ok();
    }

    private static Task Load(WebApplicationFactory<Program> server) => server.Services.GetRequiredService<ModelLifecycle>().LoadAsync("far", Cancellation);
}
