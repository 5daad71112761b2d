using System.Globalization;

namespace Deq.Benchmarks.Serving.Fairness;

/// <summary>A control group of Linux that bounds the memory of processes, as a container does; either version of it.</summary>
internal sealed class ControlGroup : IDisposable
{
    private const string First = "/sys/fs/cgroup/memory";
    private const string Second = "/sys/fs/cgroup";

    private readonly string _folder;
    private readonly bool _isFirst;

    private ControlGroup(string folder, bool isFirst) => (_folder, _isFirst) = (folder, isFirst);

    /// <summary>Which version it is.</summary>
    public string Kind => _isFirst ? "a control group (version 1)" : "a control group (version 2)";

    /// <summary>A line of a shell that enters the group.</summary>
    public string Entering => $"echo $$ > {Path.Combine(_folder, "cgroup.procs")}";

    /// <summary>The most bytes that its processes had, with what of files they keep in memory.</summary>
    public long PeakBytes => Number(_isFirst ? "memory.max_usage_in_bytes" : "memory.peak");

    /// <summary>Processes that the system killed because the group had no memory left.</summary>
    public long Kills => Row(_isFirst ? "memory.oom_control" : "memory.events", "oom_kill");

    /// <summary>Makes a group; null where the machine does not let this process.</summary>
    /// <param name="bytes">The most that its processes may have.</param>
    public static ControlGroup? TryCreate(long bytes)
    {
        bool isFirst = Directory.Exists(First);
        string folder = Path.Combine(isFirst ? First : Second, string.Create(CultureInfo.InvariantCulture, $"deq-{Environment.ProcessId}"));
        try
        {
            Directory.CreateDirectory(folder);
            File.WriteAllText(Path.Combine(folder, isFirst ? "memory.limit_in_bytes" : "memory.max"), bytes.ToString(CultureInfo.InvariantCulture));
            return new ControlGroup(folder, isFirst);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder);
            }

            return null;
        }
    }

    /// <summary>Removes it; its processes have ended.</summary>
    public void Dispose() => Directory.Delete(_folder);

    private long Number(string file) => long.Parse(File.ReadAllText(Path.Combine(_folder, file)), CultureInfo.InvariantCulture);

    private long Row(string file, string name) => File.ReadLines(Path.Combine(_folder, file)).Select(line => line.Split(' '))
        .Where(words => words[0] == name).Select(words => long.Parse(words[1], CultureInfo.InvariantCulture)).FirstOrDefault();
}
