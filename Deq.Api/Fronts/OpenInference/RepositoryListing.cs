using Deq.Api.Models;
using Deq.Api.Models.Sources;

namespace Deq.Api.Fronts.OpenInference;

/// <summary>The models as the protocol's repository lists them: what is served at the moment, and what the folder of bundles held at most a second ago.</summary>
/// <remarks>
/// To read the folder takes every manifest and a look at every file. That is done away from the thread that receives, and once for all clients that ask meanwhile;
/// loading and watching read the folder themselves. Thread-safe.
/// </remarks>
internal sealed class RepositoryListing(TensorModels models, ModelOpener opener, SourceStates sources, TimeProvider clock)
{
    private const string Ready = "READY";
    private const string Loading = "LOADING";
    private const string Unavailable = "UNAVAILABLE";
    private const string Unloaded = "unloaded";

    /// <summary>What <see cref="RepositoryEntry.State"/> may be.</summary>
    internal static IReadOnlyList<string> States { get; } = [Ready, Loading, Unavailable];

    /// <summary>How long what was read of the folder is listed.</summary>
    internal static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private Task<ListedBundle[]>? _reading;
    private long _begun;

    /// <summary>The models that are served, the bundles that could be loaded, and the sources whose models are not served.</summary>
    /// <param name="readyOnly">Whether those alone are listed that take requests: for them the folder is not read.</param>
    public async Task<RepositoryEntry[]> ListAsync(bool readyOnly)
    {
        if (readyOnly)
        {
            return [.. models.All.Select(EntryOf).Where(entry => entry.State == Ready)];
        }

        ListedBundle[] bundles = await BundlesAsync();
        RepositoryEntry[] served = [.. models.All.Select(EntryOf)];
        return
        [
            .. served,
            .. bundles.SelectMany(bundle => UnloadedOf(bundle, served)),
            .. sources.All.Where(source => !models.Has(source.Name)).Select(EntryOf),
        ];
    }

    private Task<ListedBundle[]> BundlesAsync()
    {
        lock (_gate)
        {
            if (_reading is not { IsFaulted: false } || (_reading.IsCompleted && clock.GetElapsedTime(_begun) >= Fresh))
            {
                (_reading, _begun) = (Task.Run(Read), clock.GetTimestamp());
            }

            return _reading;
        }
    }

    private ListedBundle[] Read() => [.. opener.Bundles.Select(bundle => new ListedBundle(bundle.Name, bundle.Versions))];

    /// <summary>The model of a folder where it is not served, and the versions beside the one that is.</summary>
    private static IEnumerable<RepositoryEntry> UnloadedOf(ListedBundle bundle, RepositoryEntry[] served)
    {
        RepositoryEntry? loaded = served.FirstOrDefault(entry => entry.Name == bundle.Name);
        return bundle.Versions.Count == 0
            ? loaded is null ? [new RepositoryEntry(bundle.Name, "", Unavailable, Unloaded)] : []
            : bundle.Versions.Select(version => $"{version}").Where(version => version != loaded?.Version).Select(version => new RepositoryEntry(bundle.Name, version, Unavailable, Unloaded));
    }

    private static RepositoryEntry EntryOf(TensorModel model) => model.Served.Engine.IsRunning
        ? new RepositoryEntry(model.Name, model.Version, Ready, "")
        : new RepositoryEntry(model.Name, model.Version, Unavailable, "stopping");

    private static RepositoryEntry EntryOf(SourceState source) =>
        new(source.Name, "", source.State == SourceState.Loading ? Loading : Unavailable, source.IsLoaded ? Unloaded : source.Reason);

    /// <summary>A bundle of the folder.</summary>
    /// <param name="Name">The model's.</param>
    /// <param name="Versions">Those beside it, itself among them; none where it has no number.</param>
    private sealed record ListedBundle(string Name, IReadOnlyList<int> Versions);
}
