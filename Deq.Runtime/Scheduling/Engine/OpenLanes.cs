namespace Deq.Runtime.Scheduling.Engine;

/// <summary>How many lanes an engine has open of each kind, over all of its threads, and how many that take no further row. Thread-safe.</summary>
/// <remarks>A kind without a lane leaves nothing behind: clients choose the shapes.</remarks>
internal sealed class OpenLanes
{
    private readonly Lock _gate = new();
    private readonly Dictionary<BatchKey, (int Open, int Shut)> _counts = [];

    /// <summary>Whether any thread has one that takes rows.</summary>
    public bool Has(BatchKey key) => Of(key).Open > 0;

    /// <summary>Whether any thread has one that is closed once its rows have ended.</summary>
    public bool HasShut(BatchKey key) => Of(key).Shut > 0;

    public void Opened(BatchKey key) => Add(key, open: 1, shut: 0);

    /// <summary>Notes that one of those that were open takes no further row.</summary>
    public void Shut(BatchKey key) => Add(key, open: -1, shut: 1);

    /// <param name="key">Its kind.</param>
    /// <param name="isShut">Whether <see cref="Shut"/> was called for it.</param>
    public void Closed(BatchKey key, bool isShut) => Add(key, isShut ? 0 : -1, isShut ? -1 : 0);

    private (int Open, int Shut) Of(BatchKey key)
    {
        lock (_gate)
        {
            return _counts.GetValueOrDefault(key);
        }
    }

    private void Add(BatchKey key, int open, int shut)
    {
        lock (_gate)
        {
            (int Open, int Shut) counts = _counts.GetValueOrDefault(key);
            counts = (counts.Open + open, counts.Shut + shut);
            if (counts == default)
            {
                _counts.Remove(key);
            }
            else
            {
                _counts[key] = counts;
            }
        }
    }
}
