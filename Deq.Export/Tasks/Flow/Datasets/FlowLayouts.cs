namespace Deq.Export.Tasks.Flow.Datasets;

/// <summary>The layouts of flow data sets that are read. A new one is its file and one line here.</summary>
internal static class FlowLayouts
{
    /// <summary>In the order in which a directory is tried.</summary>
    public static IReadOnlyList<IFlowLayout> All { get; } = [new FlyingChairsLayout(), new KittiLayout(), new SintelLayout(), new MiddleburyLayout()];

    /// <summary>The folders below a directory, sorted by name.</summary>
    public static IEnumerable<string> Folders(string directory) => Directory.Exists(directory)
        ? Directory.EnumerateDirectories(directory).Order(StringComparer.Ordinal)
        : [];

    /// <summary>The files of a directory that match a pattern, sorted by name.</summary>
    public static IEnumerable<string> Files(string directory, string pattern) => Directory.Exists(directory)
        ? Directory.EnumerateFiles(directory, pattern).Order(StringComparer.Ordinal)
        : [];

    /// <summary>A path if there is a file.</summary>
    public static string? Existing(params string[] parts) => Path.Combine(parts) is var path && File.Exists(path) ? path : null;
}
