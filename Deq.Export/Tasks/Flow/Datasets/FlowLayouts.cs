using Deq.Export.Datasets;

namespace Deq.Export.Tasks.Flow.Datasets;

/// <summary>The layouts of flow data sets that are read. A new one is its file and one line here.</summary>
internal static class FlowLayouts
{
    /// <summary>In the order in which a directory is tried.</summary>
    public static IReadOnlyList<IFlowLayout> All { get; } = [new FlyingChairsLayout(), new KittiLayout(), new SintelLayout(), new MiddleburyLayout()];

    /// <summary>The folders below a directory, but hidden ones, sorted by name.</summary>
    public static IEnumerable<string> Folders(string directory) => Directory.Exists(directory)
        ? Directory.EnumerateDirectories(directory).Where(path => !PictureFiles.IsHidden(path)).Order(StringComparer.Ordinal)
        : [];

    /// <summary>The files of a directory that match a pattern, but hidden ones, sorted by name: <c>frame_2</c> before <c>frame_10</c>.</summary>
    public static IEnumerable<string> Files(string directory, string pattern) => Directory.Exists(directory)
        ? Directory.EnumerateFiles(directory, pattern).Where(path => !PictureFiles.IsHidden(path)).OrderBy(path => NumberedName.Of(path).Key, StringComparer.Ordinal)
        : [];

    /// <summary>A path if there is a file.</summary>
    public static string? Existing(params string[] parts) => Path.Combine(parts) is var path && File.Exists(path) ? path : null;
}
