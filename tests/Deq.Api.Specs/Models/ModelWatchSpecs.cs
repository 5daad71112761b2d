using Deq.Api.Models;
using Deq.Api.Models.Sources;
using Deq.Api.Specs.Servers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Deq.Api.Specs.Models;

public sealed partial class ModelWatchSpecs : IDisposable
{
    private readonly LifecycleServer _server = new();
    private readonly ModelWatch _watch;
    private readonly LogLines _log = new();
    private readonly ILoggerFactory _logging;

    public ModelWatchSpecs()
    {
        _logging = LoggerFactory.Create(logging => logging.AddProvider(_log));
        _watch = Watch();
        _watch.Begin();
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private ModelCatalogue Catalogue => _server.Services.GetRequiredService<ModelCatalogue>();

    private IEnumerable<string> Served => Catalogue.All.Select(model => $"{model.Manifest.Name} {model.Manifest.Version}");

    private string[] Log => _log.Of(typeof(ModelWatch).FullName!);

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
        await LookTwice();

        Assert.Equal(["tiny 1.0.0"], first);
        Assert.Equal(["second 1.0.0", "tiny 1.0.0"], second);
        Assert.Equal(["tiny 1.0.0"], Served);
    }

    [Fact]
    public async Task Loads_anew_what_changes_and_keeps_what_it_has_where_that_has_faults()
    {
        _server.Write("tiny", "2.0.0");
        await LookTwice();
        string[] changed = [.. Served];
        _server.Write("tiny", "3.0.0");
        _server.Spoil("tiny");
        await LookTwice();
        await _watch.LookAsync(Cancellation);

        Assert.Equal(["tiny 2.0.0"], changed);
        Assert.Equal(["tiny 2.0.0"], Served);
        Assert.True(Catalogue.IsReady);
    }

    [Fact]
    public async Task Loads_what_came_while_the_server_opened_its_models()
    {
        using ModelWatch watch = Watch();
        _server.Write("late", "1.0.0");

        watch.Begin();
        await watch.LookAsync(Cancellation);
        await watch.LookAsync(Cancellation);

        Assert.Equal(["late 1.0.0", "tiny 1.0.0"], Served);
    }

    [Fact]
    public async Task Leaves_everything_as_it_is_where_nothing_changes()
    {
        int version = Catalogue.Version;

        await LookTwice();

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
    public async Task Does_not_load_again_what_is_loaded_where_a_file_beside_it_changes()
    {
        int version = Catalogue.Version;

        _server.Put("tiny", "notes.txt", [1]);
        await LookTwice();

        Assert.Equal(version, Catalogue.Version);
    }

    private ModelWatch Watch() => WatchOf(_server.Services);

    private ModelWatch WatchOf(IServiceProvider services) => new(
        services.GetRequiredService<ModelSettings>(), services.GetRequiredService<SourceSettings>(), services.GetRequiredService<ModelOpener>(),
        services.GetRequiredService<ModelLifecycle>(), services.GetRequiredService<TimeProvider>(), _logging.CreateLogger<ModelWatch>());

    private Task LookTwice() => LookTwice(_watch);

    private static async Task LookTwice(ModelWatch watch)
    {
        await watch.LookAsync(Cancellation);
        await watch.LookAsync(Cancellation);
    }
}
