namespace Deq.Benchmarks.Serving;

/// <summary>What stands in a server's log that nobody should be able to bring there. Its lines come from one thread.</summary>
internal sealed class ServerLog
{
    private readonly Dictionary<string, int> _traces = [];
    private string _category = "";

    /// <summary>Lines of stack traces.</summary>
    public int TraceLines { get; private set; }

    /// <summary>Messages above the level of information.</summary>
    public int Warnings { get; private set; }

    /// <summary>Takes a line of the console's log.</summary>
    public void Read(string line)
    {
        if (line.Length > 5 && line[4] == ':')
        {
            _category = line;
            Warnings += line[..4] is "warn" or "fail" or "crit" ? 1 : 0;
        }

        if (line.StartsWith("         at ", StringComparison.Ordinal) || line.Contains("Exception:", StringComparison.Ordinal))
        {
            string trace = $"{_category} {line}";
            _traces[trace] = _traces.GetValueOrDefault(trace) + 1;
            TraceLines++;
        }
    }

    /// <summary>Shows on the standard error which lines came how often.</summary>
    public void ShowTraces()
    {
        foreach ((string trace, int times) in _traces.OrderByDescending(pair => pair.Value))
        {
            Console.Error.WriteLine($"{times} × {trace}");
        }
    }
}
