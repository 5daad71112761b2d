using Deq.Runtime.Scheduling.Queue;

namespace Deq.Runtime.Scheduling.Engine;

/// <summary>How many rows of a batch are whose. Not thread-safe.</summary>
internal sealed class ClientRows
{
    private readonly Dictionary<string, int> _rows = new(StringComparer.Ordinal);
    private int _all;

    /// <summary>The weights of the clients that have rows, added up.</summary>
    public int Weight { get; private set; }

    public void Add(EngineJob job)
    {
        int rows = _rows.GetValueOrDefault(job.Client);
        _rows[job.Client] = rows + 1;
        _all++;
        Weight += rows == 0 ? job.Weight : 0;
    }

    public void Remove(EngineJob job)
    {
        int rows = _rows[job.Client];
        _all--;
        if (rows > 1)
        {
            _rows[job.Client] = rows - 1;
            return;
        }

        _rows.Remove(job.Client);
        Weight = _rows.Count == 0 ? 0 : Math.Max(1, Weight - job.Weight);
    }

    public void Clear()
    {
        _rows.Clear();
        (_all, Weight) = (0, 0);
    }

    /// <summary>Whether the client has no row and one other has several, at least half of all.</summary>
    public bool AreMostlyOfAnother(string client)
    {
        if (_rows.ContainsKey(client))
        {
            return false;
        }

        int most = 0;
        foreach (int rows in _rows.Values)
        {
            most = Math.Max(most, rows);
        }

        return most >= 2 && 2 * most >= _all;
    }
}
