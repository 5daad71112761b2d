using Deq.Api.Problems;

namespace Deq.Api.Models;

/// <summary>The models that this server serves, by name. One can be replaced or taken out while requests to it are under way. Thread-safe.</summary>
/// <param name="models">Those to begin with; names are unique.</param>
internal sealed class ModelCatalogue(IReadOnlyList<ServedModel> models) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly List<Entry> _retired = [];
    private volatile SortedDictionary<string, Entry> _byName = new(
        models.ToDictionary(model => model.Manifest.Name, model => new Entry(model), StringComparer.Ordinal), StringComparer.Ordinal);

    private int _version;

    /// <summary>Grows with every change.</summary>
    public int Version => Volatile.Read(ref _version);

    /// <summary>In the order of their names.</summary>
    public IReadOnlyList<ServedModel> All => [.. _byName.Values.Select(entry => entry.Model)];

    /// <summary>The folder that the bundles were found in; null where they are of none.</summary>
    public string? Folder { get; init; }

    /// <summary>Names of models that may come later, or are there already.</summary>
    public IReadOnlyList<string> Expected { get; init; } = [];

    /// <summary>Whether every engine takes requests, and there is one where one is expected.</summary>
    public bool IsReady => (_byName.Count > 0 || Expected.Count == 0) && _byName.Values.All(entry => entry.Model.Engine.IsRunning);

    /// <summary>Models that were replaced or taken out and still answer what they had accepted.</summary>
    public int Draining
    {
        get
        {
            lock (_gate)
            {
                return _retired.Count;
            }
        }
    }

    /// <summary>Whether there is a model of that name.</summary>
    public bool Has(string name) => _byName.ContainsKey(name);

    /// <summary>A model, to look at: its engine may stop at any time. Requests <see cref="Rent"/> theirs.</summary>
    /// <exception cref="ProblemException">There is none of that name.</exception>
    public ServedModel Find(string name) => EntryOf(name).Model;

    /// <summary>A model for one request: its engine takes requests until the lease is disposed, unless the server stops.</summary>
    /// <exception cref="ProblemException">There is none of that name.</exception>
    public ModelLease Rent(string name)
    {
        lock (_gate)
        {
            Entry entry = EntryOf(name);
            entry.Users++;
            return new ModelLease(entry.Model, () => Return(entry));
        }
    }

    /// <summary>Serves a model from now on. One of the same name answers what it has accepted, and is then closed; that is when the task ends.</summary>
    public Task PutAsync(ServedModel model)
    {
        lock (_gate)
        {
            Entry? before = _byName.GetValueOrDefault(model.Manifest.Name);
            _byName = new(_byName, StringComparer.Ordinal) { [model.Manifest.Name] = new Entry(model) };
            return Retire(before);
        }
    }

    /// <summary>Takes a model out. It answers what it has accepted, and is then closed; that is when the task ends.</summary>
    /// <exception cref="ProblemException">There is none of that name.</exception>
    public Task RemoveAsync(string name)
    {
        lock (_gate)
        {
            Entry before = EntryOf(name);
            var left = new SortedDictionary<string, Entry>(_byName, StringComparer.Ordinal);
            left.Remove(name);
            _byName = left;
            return Retire(before);
        }
    }

    /// <summary>Refuses new requests, and waits until every accepted one is answered; see <see cref="ServedModel.StopAsync"/>.</summary>
    public Task StopAsync(CancellationToken hurry)
    {
        lock (_gate)
        {
            return Task.WhenAll(_byName.Values.Concat(_retired).Select(entry => entry.Model.StopAsync(hurry)));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(new CancellationToken(canceled: true));
        foreach (Entry entry in _byName.Values)
        {
            entry.Model.Bundle?.Dispose();
        }
    }

    private Entry EntryOf(string name)
    {
        SortedDictionary<string, Entry> all = _byName;
        return all.TryGetValue(name, out Entry? entry) ? entry : throw new ProblemException(
            ProblemKinds.ModelNotFound,
            Expected.Contains(name, StringComparer.Ordinal) ? $"'{name}' is fetched from elsewhere and not loaded at the moment."
            : all.Count > 0 ? $"The server has no model of that name; it has {string.Join(", ", all.Keys)}." : "The server has no model at the moment.");
    }

    /// <summary>Whether any model, also one that is on its way out, solves anything or has something waiting.</summary>
    public bool IsSolving
    {
        get
        {
            lock (_gate)
            {
                return _byName.Values.Concat(_retired).SelectMany(entry => entry.Model.Engines).Any(each => each.Engine.Waiting + each.Engine.Running > 0);
            }
        }
    }

    private Task Retire(Entry? entry)
    {
        _version++;
        if (entry is null)
        {
            return Task.CompletedTask;
        }

        entry.IsRetired = true;
        _retired.Add(entry);
        if (entry.Users == 0)
        {
            entry.Unused.SetResult();
        }

        return CloseAsync(entry);
    }

    private void Return(Entry entry)
    {
        lock (_gate)
        {
            if (--entry.Users == 0 && entry.IsRetired)
            {
                entry.Unused.SetResult();
            }
        }
    }

    private async Task CloseAsync(Entry entry)
    {
        // Never on the thread that retires it, which holds the lock.
        await entry.Unused.Task.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        await entry.Model.StopAsync();
        entry.Model.Bundle?.Dispose();
        lock (_gate)
        {
            _retired.Remove(entry);
        }
    }

    /// <summary>A model and the requests that hold it. Belongs to the lock.</summary>
    private sealed class Entry(ServedModel model)
    {
        public ServedModel Model => model;

        public int Users { get; set; }

        public bool IsRetired { get; set; }

        /// <summary>Completed once it is retired and held by no request.</summary>
        public TaskCompletionSource Unused { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

/// <summary>A request's hold on a model; to be disposed once the request is answered.</summary>
/// <param name="model">The model.</param>
/// <param name="release">Lets go of it.</param>
internal sealed class ModelLease(ServedModel model, Action release) : IDisposable
{
    private int _isReleased;

    public ServedModel Model => model;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isReleased, 1) == 0)
        {
            release();
        }
    }
}
