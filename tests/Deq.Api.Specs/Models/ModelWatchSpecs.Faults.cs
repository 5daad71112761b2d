using Deq.Api.Models;
using Deq.Api.Specs.Servers;
using Deq.Testing.Bundles;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Deq.Api.Specs.Models;

/// <content>What has faults, is not there or is not all there yet.</content>
public sealed partial class ModelWatchSpecs
{
    [Fact]
    public void Outlives_a_fault_that_is_not_foreseen_and_looks_on()
    {
        using WebApplicationFactory<Program> server = _server.WithWebHostBuilder(builder => builder
            .ConfigureLogging(logging => logging.AddProvider(_log))
            .ConfigureServices(services => services.AddSingleton<ModelCheck>(manifest => manifest.Name == "first" ? throw new InvalidOperationException("Not foreseen.") : []))
            .UseSetting("Models:WatchMs", "20"));
        ModelCatalogue catalogue = server.Services.GetRequiredService<ModelCatalogue>();

        _server.Write("first", "1.0.0");
        bool isSaid = SpinWait.SpinUntil(() => _log.Faults.Any(fault => fault.Contains("unexpected fault", StringComparison.Ordinal) && fault.Contains("Not foreseen.", StringComparison.Ordinal)), TimeSpan.FromSeconds(30));
        _server.Write("second", "1.0.0");

        Assert.True(isSaid);
        Assert.True(SpinWait.SpinUntil(() => catalogue.Has("second"), TimeSpan.FromSeconds(30)));
        Assert.False(catalogue.Has("first"));
    }

    [Fact]
    public async Task Says_once_that_the_folder_is_gone_and_keeps_its_models()
    {
        _server.HideFolder();
        try
        {
            await _watch.TryLookAsync(Cancellation);
            await _watch.TryLookAsync(Cancellation);
        }
        finally
        {
            _server.ShowFolder();
        }

        await _watch.TryLookAsync(Cancellation);
        await _watch.TryLookAsync(Cancellation);

        Assert.Contains("cannot be looked at", Assert.Single(Log), StringComparison.Ordinal);
        Assert.Equal(["tiny 1.0.0"], Served);
    }

    [Theory]
    [InlineData("many/3", "{", "is no JSON")]
    [InlineData("many/3", "", "is empty")]
    [InlineData("many/3", "[]", "has no name")]
    [InlineData("many/3", "{\"name\":null}", "has no name")]
    [InlineData("many/3", "{\"name\":\"other\"}", "the model of this folder is 'many'")]
    [InlineData("many/1", "{\"name\":\"many\",", "is no JSON")]
    [InlineData("tiny", "{", "is no JSON")]
    [InlineData("tiny", "{\"name\":\"other\"}", "the model of this folder is 'tiny'")]
    [InlineData("tiny", "{\"name\":\"many\"}", "the model of this folder is 'tiny'")]
    [InlineData("new", "{\"name\":\"many\"}", "which is that of")]
    public async Task Keeps_what_is_served_where_a_manifest_is_wrong_and_says_so_once(string folder, string manifest, string reason)
    {
        _server.Write("many/1", "1.0.0");
        await LookTwice();
        int version = Catalogue.Version;

        _server.WriteManifest(folder, manifest);
        await LookTwice();
        await LookTwice();

        Assert.Contains(reason, Assert.Single(Log), StringComparison.Ordinal);
        Assert.Equal(["many 1.0.0", "tiny 1.0.0"], Served);
        Assert.Equal(version, Catalogue.Version);
    }

    [Theory]
    [InlineData("tiny")]
    [InlineData("many/3")]
    public async Task Keeps_what_is_served_while_its_folder_is_copied_anew(string folder)
    {
        _server.Write("many/1", "1.0.0");
        _server.Write("many/3", "1.0.0");
        await LookTwice();
        int version = Catalogue.Version;

        _server.DeleteManifest(folder);
        await LookTwice();
        await LookTwice();
        int copying = Catalogue.Version;
        _server.Write(folder, "2.0.0");
        await LookTwice();

        Assert.Equal(version, copying);
        Assert.Contains("has no manifest.json", Assert.Single(Log), StringComparison.Ordinal);
        Assert.Equal("2.0.0", Catalogue.Find(folder.Split('/')[0]).Manifest.Version);
        Assert.Equal(version + 1, Catalogue.Version);
    }

    [Fact]
    public async Task Keeps_the_model_of_a_source_where_a_bundle_of_its_name_comes_and_goes()
    {
        await using SourceServer source = await SourceServer.Start();
        using var cache = new TemporaryFolder();
        using var server = new LifecycleServer(
            ("Models:CacheDirectory", cache.Path), ("Models:Sources:far:Address", source.Address), ("Models:Sources:far:Sha256", source.Sha256));
        ModelCatalogue catalogue = server.Services.GetRequiredService<ModelCatalogue>();
        Assert.True(SpinWait.SpinUntil(() => catalogue.Has("far"), TimeSpan.FromSeconds(30)));
        using ModelWatch watch = WatchOf(server.Services);
        watch.Begin();

        server.Write("far", "9.0.0");
        await LookTwice(watch);
        string beside = catalogue.Find("far").Sha256;
        server.Delete("far");
        await LookTwice(watch);

        Assert.Contains("is that of Models:Sources:far", Assert.Single(Log), StringComparison.Ordinal);
        Assert.Equal(source.Sha256, beside);
        Assert.True(catalogue.Has("far"));
    }

    [Fact]
    public async Task Keeps_what_is_served_where_its_folder_cannot_be_read()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows() || Environment.IsPrivilegedProcess, "Permissions do not bind this user.");
        _server.Write("many/1", "1.0.0");
        await LookTwice();

        _server.SetMode("many", UnixFileMode.None);
        try
        {
            await LookTwice();
            await LookTwice();
        }
        finally
        {
            _server.SetMode("many", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        Assert.Equal(["many 1.0.0", "tiny 1.0.0"], Served);
    }

    [Fact]
    public async Task Loads_what_is_mended_and_unloads_what_goes_after_it_could_not_be_read()
    {
        _server.Write("many/1", "1.0.0");
        await LookTwice();
        _server.WriteManifest("many/3", "{");
        await LookTwice();
        _server.Write("many/3", "3.0.0");
        await LookTwice();
        string[] mended = [.. Served];
        _server.WriteManifest("many/3", "{");
        await LookTwice();
        _server.Delete("many");
        await LookTwice();

        Assert.Equal(["many 3.0.0", "tiny 1.0.0"], mended);
        Assert.Equal(["tiny 1.0.0"], Served);
    }

    [Fact]
    public async Task Loads_a_bundle_whose_manifest_came_before_its_other_files()
    {
        _server.Write("tiny", "2.0.0", seed: 2);
        byte[] cell = _server.Take("tiny", "cell.onnx");
        await LookTwice();
        string[] early = [.. Served];
        _server.Put("tiny", "cell.onnx", cell[..100]);
        await _watch.LookAsync(Cancellation);
        _server.Put("tiny", "cell.onnx", cell);
        await LookTwice();

        Assert.Equal(["tiny 1.0.0"], early);
        Assert.Equal(["tiny 2.0.0"], Served);
        Assert.Contains("is not loaded, and what is served stays", Assert.Single(Log), StringComparison.Ordinal);
    }
}
