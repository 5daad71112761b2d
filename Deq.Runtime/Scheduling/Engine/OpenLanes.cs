using System.Collections.Concurrent;

namespace Deq.Runtime.Scheduling.Engine;

/// <summary>How many lanes an engine has open of each kind, over all of its threads. Thread-safe.</summary>
internal sealed class OpenLanes
{
    private readonly ConcurrentDictionary<BatchKey, int> _counts = [];

    /// <summary>Whether any thread has one.</summary>
    public bool Has(BatchKey key) => _counts.GetValueOrDefault(key) > 0;

    public void Opened(BatchKey key) => _counts.AddOrUpdate(key, 1, (_, count) => count + 1);

    public void Closed(BatchKey key) => _counts.AddOrUpdate(key, 0, (_, count) => count - 1);
}
