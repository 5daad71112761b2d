using Deq.Api.Fronts.OpenInference;
using Deq.Api.Models;
using Deq.Api.Models.Sources;
using Deq.Api.Specs.Servers;
using Deq.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Deq.Api.Specs.Fronts.OpenInference;

public sealed class RepositoryListingSpecs : IDisposable
{
    private readonly LifecycleServer _server = new();
    private readonly ManualClock _clock = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task Reads_the_folder_once_a_second_and_knows_at_once_what_is_served()
    {
        IServiceProvider services = _server.Services;
        RepositoryListing listing = Listing(services);

        string[] before = await Listed(listing);
        _server.Write("second", "1.0.0", seed: 2);
        string[] meanwhile = await Listed(listing);
        _clock.Advance(RepositoryListing.Fresh);
        string[] after = await Listed(listing);
        await services.GetRequiredService<ModelLifecycle>().LoadAsync("second", Cancellation);
        string[] loaded = await Listed(listing);

        Assert.Equal(["tiny READY"], before);
        Assert.Equal(["tiny READY"], meanwhile);
        Assert.Equal(["tiny READY", "second UNAVAILABLE"], after);
        Assert.Equal(["second READY", "tiny READY"], loaded);
    }

    [Fact]
    public async Task Lists_what_takes_requests_without_the_folder()
    {
        RepositoryListing listing = Listing(_server.Services);
        _server.Write("second", "1.0.0", seed: 2);

        RepositoryEntry[] ready = await listing.ListAsync(readyOnly: true);
        string[] all = await Listed(listing);

        Assert.Equal("tiny", Assert.Single(ready).Name);
        Assert.Equal(["tiny READY", "second UNAVAILABLE"], all);
    }

    private static async Task<string[]> Listed(RepositoryListing listing) => [.. (await listing.ListAsync(readyOnly: false)).Select(entry => $"{entry.Name} {entry.State}")];

    private RepositoryListing Listing(IServiceProvider services) => new(
        services.GetRequiredService<TensorModels>(), services.GetRequiredService<ModelOpener>(), services.GetRequiredService<SourceStates>(), _clock);
}
