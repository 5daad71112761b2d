using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text.Json.Serialization;
using Deq.Api.Requests;

namespace Deq.Api.Models.Sources;

/// <summary>How far each source is, and what fetching took. Thread-safe.</summary>
internal sealed class SourceStates
{
    public const string Fetches = "deq.source.fetches";
    public const string Loaded = "deq.source.loaded";

    private readonly ConcurrentDictionary<string, SourceState> _states;
    private readonly Counter<long> _fetches;

    public SourceStates(SourceSettings settings, IMeterFactory factory)
    {
        _states = new(settings.All.Select(source => KeyValuePair.Create(source.Name, new SourceState(source.Name, SourceState.Waiting, ""))));
        Meter meter = factory.Create(ApiMetrics.Name);
        _fetches = meter.CreateCounter<long>(Fetches, "{try}", "Tries to fetch a file of a source, by how they ended.");
        meter.CreateObservableGauge(
            Loaded,
            () => _states.Values.Select(state => new Measurement<int>(state.IsLoaded ? 1 : 0, new KeyValuePair<string, object?>("source", state.Name))),
            "{model}",
            "1 once the source's model was loaded, 0 before.");
    }

    /// <summary>Every source, in the order of the names.</summary>
    public IReadOnlyList<SourceState> All => [.. _states.Values.OrderBy(state => state.Name, StringComparer.Ordinal)];

    /// <summary>Those whose models were not loaded so far.</summary>
    public IReadOnlyList<SourceState> Awaited => [.. All.Where(state => !state.IsLoaded)];

    /// <summary>Notes how far a source is.</summary>
    public void Set(SourceState state) => _states[state.Name] = state;

    /// <summary>Counts a try to fetch a file.</summary>
    /// <param name="source">The source's name.</param>
    /// <param name="outcome">One of <see cref="SourceOutcomes"/>.</param>
    public void Tried(string source, string outcome) =>
        _fetches.Add(1, new KeyValuePair<string, object?>("source", source), new KeyValuePair<string, object?>("outcome", outcome));
}

/// <summary>How far a source is.</summary>
/// <param name="Name">The source's name, which is the model's.</param>
/// <param name="State"><c>waiting</c>, <c>loading</c>, <c>loaded</c> or <c>faulty</c>.</param>
/// <param name="Reason">What the last try met with; empty where nothing was wrong.</param>
internal sealed record SourceState(string Name, string State, string Reason)
{
    public const string Waiting = "waiting";
    public const string Loading = "loading";
    public const string Faulty = "faulty";

    private const string LoadedState = "loaded";

    /// <summary>The states of a source whose model was not loaded so far.</summary>
    public static IReadOnlyList<string> BeforeLoaded { get; } = [Waiting, Loading, Faulty];

    /// <summary>Whether the model was loaded.</summary>
    [JsonIgnore]
    public bool IsLoaded => State == LoadedState;

    public static SourceState Loaded(string name) => new(name, LoadedState, "");
}
