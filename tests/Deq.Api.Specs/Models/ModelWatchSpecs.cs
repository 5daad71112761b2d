using Deq.Api.Models;
using Deq.Api.Specs.Servers;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Deq.Api.Specs.Models;

public sealed class ModelWatchSpecs : IDisposable
{
    private readonly LifecycleServer _server = new();
    private readonly ModelWatch _watch;

    private readonly LogLines _log = new();
    private readonly ILoggerFactory _logging;

    public ModelWatchSpecs()
    {
        _logging = LoggerFactory.Create(logging => logging.AddProvider(_log));
        IServiceProvider services = _server.Services;
        _watch = new ModelWatch(
            services.GetRequiredService<ModelSettings>(), services.GetRequiredService<ModelOpener>(), services.GetRequiredService<ModelLifecycle>(),
            services.GetRequiredService<TimeProvider>(), _logging.CreateLogger<ModelWatch>());
        _watch.Begin();
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private ModelCatalogue Catalogue => _server.Services.GetRequiredService<ModelCatalogue>();

    private IEnumerable<string> Served => Catalogue.All.Select(model => $"{model.Manifest.Name} {model.Manifest.Version}");

    public void Dispose()
    {
        _watch.Dispose();
        _logging.Dispose();
        _server.Dispose();
    }

    [Fact]
    public async Task Loads_what_comes_once_it_has_stopped_changing_and_unloads_what_goes()
    {
        _server.Write("second", "1.0.0");
        await _watch.LookAsync(Cancellation);
        string[] first = [.. Served];
        await _watch.LookAsync(Cancellation);
        string[] second = [.. Served];
        _server.Delete("second");
        await _watch.LookAsync(Cancellation);
        await _watch.LookAsync(Cancellation);

        Assert.Equal(["tiny 1.0.0"], first);
        Assert.Equal(["second 1.0.0", "tiny 1.0.0"], second);
        Assert.Equal(["tiny 1.0.0"], Served);
    }

    [Fact]
    public async Task Loads_anew_what_changes_and_keeps_what_it_has_where_that_has_faults()
    {
        _server.Write("tiny", "2.0.0");
        await _watch.LookAsync(Cancellation);
        await _watch.LookAsync(Cancellation);
        string[] changed = [.. Served];
        _server.Write("tiny", "3.0.0");
        _server.Spoil("tiny");
        await _watch.LookAsync(Cancellation);
        await _watch.LookAsync(Cancellation);
        await _watch.LookAsync(Cancellation);

        Assert.Equal(["tiny 2.0.0"], changed);
        Assert.Equal(["tiny 2.0.0"], Served);
        Assert.True(Catalogue.IsReady);
    }

    [Fact]
    public async Task Loads_what_came_while_the_server_opened_its_models()
    {
        using var watch = new ModelWatch(
            _server.Services.GetRequiredService<ModelSettings>(), _server.Services.GetRequiredService<ModelOpener>(), _server.Services.GetRequiredService<ModelLifecycle>(),
            _server.Services.GetRequiredService<TimeProvider>(), _logging.CreateLogger<ModelWatch>());
        _server.Write("late", "1.0.0");

        watch.Begin();
        await watch.LookAsync(Cancellation);
        await watch.LookAsync(Cancellation);

        Assert.Equal(["late 1.0.0", "tiny 1.0.0"], Served);
    }

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
    public async Task Leaves_everything_as_it_is_where_nothing_changes()
    {
        int version = Catalogue.Version;

        await _watch.LookAsync(Cancellation);
        await _watch.LookAsync(Cancellation);

        Assert.Equal(version, Catalogue.Version);
    }

    [Fact]
    public async Task Swaps_to_a_version_that_comes_and_back_where_it_goes()
    {
        _server.Write("many/2", "2.0.0");
        await LookTwice();
        _server.Write("many/10", "10.0.0");
        await LookTwice();
        string? higher = Catalogue.Find("many").Version;
        _server.Write("many/9", "9.0.0");
        await LookTwice();
        int version = Catalogue.Version;
        _server.Delete("many/10");
        await LookTwice();
        await LookTwice();

        Assert.Equal("10", higher);
        Assert.Equal("9", Catalogue.Find("many").Version);
        Assert.Equal(["many 9.0.0", "tiny 1.0.0"], Served);
        Assert.Equal(version + 1, Catalogue.Version);
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

        Assert.Contains("cannot be looked at", Assert.Single(_log.Of(typeof(ModelWatch).FullName!)), StringComparison.Ordinal);
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

        Assert.Contains(reason, Assert.Single(_log.Of(typeof(ModelWatch).FullName!)), StringComparison.Ordinal);
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
        Assert.Contains("has no manifest.json", Assert.Single(_log.Of(typeof(ModelWatch).FullName!)), StringComparison.Ordinal);
        Assert.Equal("2.0.0", Catalogue.Find(folder.Split('/')[0]).Manifest.Version);
        Assert.Equal(version + 1, Catalogue.Version);
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
        Assert.Contains("is not loaded, and what is served stays", Assert.Single(_log.Of(typeof(ModelWatch).FullName!)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Does_not_load_again_what_is_loaded_where_a_file_beside_it_changes()
    {
        int version = Catalogue.Version;

        _server.Put("tiny", "notes.txt", [1]);
        await LookTwice();

        Assert.Equal(version, Catalogue.Version);
    }

    private async Task LookTwice()
    {
        await _watch.LookAsync(Cancellation);
        await _watch.LookAsync(Cancellation);
    }
}
