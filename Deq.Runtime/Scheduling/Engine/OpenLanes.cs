namespace Deq.Runtime.Scheduling.Engine;

/// <summary>How many lanes an engine has open of each kind, over all of its threads. Thread-safe.</summary>
/// <remarks>A kind without a lane leaves nothing behind: clients choose the shapes.</remarks>
internal sealed class OpenLanes
{
    private readonly Lock _gate = new();
    private readonly Dictionary<BatchKey, int> _counts = [];

    /// <summary>Whether any thread has one.</summary>
    public bool Has(BatchKey key)
    {
        lock (_gate)
        {
            return _counts.ContainsKey(key);
        }
    }

    public void Opened(BatchKey key)
    {
        lock (_gate)
        {
            _counts[key] = _counts.GetValueOrDefault(key) + 1;
        }
    }

    public void Closed(BatchKey key)
    {
        lock (_gate)
        {
            int left = _counts[key] - 1;
            if (left > 0)
            {
                _counts[key] = left;
            }
            else
            {
                _counts.Remove(key);
            }
        }
    }
}
