using Deq.Api.Problems;

namespace Deq.Api.Models;

/// <summary>The models that this server serves, by name, and what they hold open. Immutable.</summary>
/// <param name="models">Names are unique.</param>
/// <param name="owned">What is closed with the catalogue, after the engines have stopped.</param>
internal sealed class ModelCatalogue(IReadOnlyList<ServedModel> models, IReadOnlyList<IDisposable> owned) : IAsyncDisposable
{
    private readonly Dictionary<string, ServedModel> _byName = models.ToDictionary(model => model.Manifest.Name, StringComparer.Ordinal);

    public IReadOnlyList<ServedModel> All => models;

    /// <summary>The folder that the bundles were found in; null where they are of none.</summary>
    public string? Folder { get; init; }

    /// <summary>Whether every engine takes requests.</summary>
    public bool IsReady => models.All(model => model.Engine.IsRunning);

    /// <summary>Whether there is a model of that name.</summary>
    public bool Has(string name) => _byName.ContainsKey(name);

    /// <exception cref="ProblemException">There is none of that name.</exception>
    public ServedModel Find(string name) => _byName.TryGetValue(name, out ServedModel? model)
        ? model
        : throw new ProblemException(
            ProblemKinds.ModelNotFound,
            $"The server has no model of that name; it has {string.Join(", ", models.Select(each => each.Manifest.Name))}.");

    /// <summary>Refuses new requests, and waits until every accepted one is answered; see <see cref="Runtime.Scheduling.Engine.InferenceEngine.StopAsync"/>.</summary>
    public Task StopAsync(CancellationToken hurry) => Task.WhenAll(models.Select(model => model.Engine.StopAsync(hurry)));

    public async ValueTask DisposeAsync()
    {
        await StopAsync(new CancellationToken(canceled: true));
        foreach (IDisposable each in owned)
        {
            each.Dispose();
        }
    }
}
