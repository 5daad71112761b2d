using Deq.Runtime.Scheduling.Queue;

namespace Deq.Runtime.Scheduling.Engine;

/// <summary>How many rows of a batch are whose. Not thread-safe.</summary>
internal sealed class ClientRows
{
    private readonly Dictionary<string, (int Rows, int Weight)> _rows = new(StringComparer.Ordinal);
    private int _all;

    /// <summary>The weights of the clients that have rows, added up; each as it was when the first of those rows joined.</summary>
    public int Weight { get; private set; }

    public void Add(EngineJob job)
    {
        _all++;
        if (_rows.TryGetValue(job.Client, out (int Rows, int Weight) own))
        {
            _rows[job.Client] = (own.Rows + 1, own.Weight);
            return;
        }

        _rows[job.Client] = (1, job.Weight);
        Weight += job.Weight;
    }

    public void Remove(EngineJob job)
    {
        (int rows, int weight) = _rows[job.Client];
        _all--;
        if (rows > 1)
        {
            _rows[job.Client] = (rows - 1, weight);
            return;
        }

        _rows.Remove(job.Client);
        Weight -= weight;
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
        foreach ((int rows, _) in _rows.Values)
        {
            most = Math.Max(most, rows);
        }

        return most >= 2 && 2 * most >= _all;
    }
}
