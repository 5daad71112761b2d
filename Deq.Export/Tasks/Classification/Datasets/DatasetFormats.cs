namespace Deq.Export.Tasks.Classification.Datasets;

/// <summary>The catalogue of formats, the most particular first. A new format is one file and one line here.</summary>
internal static class DatasetFormats
{
    /// <summary>Every format, in the order in which <c>auto</c> tries them.</summary>
    public static IReadOnlyList<IDatasetFormat> All { get; } =
    [
        new IdxFormat(),
        new Cifar10Format(),
        new FolderFormat(),
    ];

    /// <summary>Their names.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(format => format.Name)];
}
