using Deq.Export.Datasets;

namespace Deq.Export.Tasks.Classification.Datasets;

/// <summary>
/// Any folder of images, one sub-folder per class; optionally below <c>train</c> (or <c>training</c>) and <c>test</c> (or <c>testing</c>,
/// <c>val</c>, <c>valid</c>, <c>validation</c>), in any case of letters.
/// </summary>
/// <remarks>Every image is brought to the recipe's input by the code that does it when the model is served.</remarks>
internal sealed class FolderFormat : IDatasetFormat
{
    /// <summary>Names in a fault's text; more only make it longer.</summary>
    private const int NamesShown = 10;

    private static readonly string[] TrainFolders = ["train", "training"];
    private static readonly string[] TestFolders = ["test", "testing", "val", "valid", "validation"];

    /// <summary>These hold no class even where their images lie in them directly, as competitions publish unlabelled tests.</summary>
    private static readonly string[] NeverClasses = ["test", "val"];

    private static readonly string Extensions = string.Join(", ", PictureFiles.Extensions);

    /// <inheritdoc/>
    public string Name => "folder";

    /// <inheritdoc/>
    public string Contents => $"one sub-folder of images ({Extensions}) per class, or train and test (or val) with those";

    /// <inheritdoc/>
    /// <remarks>A test part alone is enough to measure with.</remarks>
    public bool Recognises(string directory) =>
        HasImages(TrainFolder(directory), directory) || (PartFolder(directory, TestFolders) is { } test && HasImages(test, directory));

    /// <inheritdoc/>
    public ImageDataset Read(DatasetRequest request)
    {
        string folder = request.Part == DatasetPart.Train ? TrainFolder(request.Directory) : TestFolder(request);
        IReadOnlyList<string> classes = Classes(request);
        List<(string Path, int Label)> files = [];
        foreach (string classFolder in ClassFolders(folder, request.Directory))
        {
            int label = classes.ToList().IndexOf(Path.GetFileName(classFolder));
            files.AddRange(label >= 0
                ? ImageFile.In(classFolder).Select(path => (path, label))
                : throw new DatasetException(classFolder, $"Its name is no class. Expected: {string.Join(", ", classes)}."));
        }

        RejectEmptyClasses(folder, request, classes, files);
        byte[][] images = Decode(folder, files, request);
        int[] labels = [.. files.Select(file => file.Label)];
        return new ImageDataset(request.Input.Channels, request.Input.Height, request.Input.Width, classes, images, labels);
    }

    /// <summary>The labels of the model or the recipe, or the names of the training part's sub-folders, so that both parts number classes alike.</summary>
    private static IReadOnlyList<string> Classes(DatasetRequest request)
    {
        string folder = TrainFolder(request.Directory);
        IReadOnlyList<string> classes = request.Labels ?? [.. ClassFolders(folder, request.Directory).Select(path => Path.GetFileName(path))];
        return classes.Count >= 2
            ? classes
            : throw new DatasetException(folder, $"It has {classes.Count} sub-folders; one per class, 2 or more, were expected.");
    }

    /// <summary>A class can only be learned from images; a measurement may do without some classes.</summary>
    private static void RejectEmptyClasses(string folder, DatasetRequest request, IReadOnlyList<string> classes, List<(string Path, int Label)> files)
    {
        string[] empty = [.. classes.Where((_, label) => files.TrueForAll(file => file.Label != label))];
        bool isNeeded = request.Part == DatasetPart.Train && !request.MayMissClasses;
        if (empty.Length > 0 && (isNeeded || empty.Length == classes.Count))
        {
            throw new DatasetException(folder, $"It has {Names("class", "classes", empty)} without images; each needs one or more ({Extensions}).");
        }
    }

    private static byte[][] Decode(string folder, List<(string Path, int Label)> files, DatasetRequest request)
    {
        int size = request.Input.Channels * request.Input.Height * request.Input.Width;
        byte[][] images = [.. files.Select(_ => new byte[size])];
        string?[] faults = new string?[files.Count];
        Parallel.For(0, files.Count, index => faults[index] = ImageFile.Read(files[index].Path, request.Input, images[index]));

        string[] unreadable =
        [
            .. files.Zip(faults)
                .Where(pair => pair.Second is not null)
                .Select(pair => $"{Path.GetRelativePath(folder, pair.First.Path)}: {pair.Second}"),
        ];
        return unreadable.Length == 0
            ? images
            : throw new DatasetException(folder, $"It has {Names("image", "images", unreadable)} that cannot be read; remove or repair them.");
    }

    private static string Names(string one, string many, string[] names) =>
        $"{names.Length} {(names.Length == 1 ? one : many)} ({string.Join(", ", names.Take(NamesShown))}{(names.Length > NamesShown ? ", …" : "")})";

    private static string TrainFolder(string directory) => PartFolder(directory, TrainFolders) ?? directory;

    private static string TestFolder(DatasetRequest request) =>
        PartFolder(request.Directory, TestFolders)
        ?? (request.Part == DatasetPart.TestOrWhole && PartFolder(request.Directory, TrainFolders) is null
            ? request.Directory
            : throw new MissingPartException(request.Directory, $"There is no sub-folder {string.Join(" or ", NeverClasses)} with a sub-folder per class."));

    /// <summary>The folder of a part, by the first of its names that is there; null for none.</summary>
    /// <exception cref="DatasetException">There are two, such as <c>Test</c> and <c>test</c>.</exception>
    private static string? PartFolder(string directory, string[] names)
    {
        string[] parts = [.. ImageFile.Folders(directory).Where(path => IsPart(path, names)).OrderBy(path => Place(path, names))];
        return parts.Length < 2 || Place(parts[0], names) < Place(parts[1], names)
            ? parts.FirstOrDefault()
            : throw new DatasetException(directory, $"{Path.GetFileName(parts[0])} and {Path.GetFileName(parts[1])} name the same part; keep one.");
    }

    private static int Place(string path, string[] names) =>
        Array.FindIndex(names, name => name.Equals(Path.GetFileName(path), StringComparison.OrdinalIgnoreCase));

    /// <summary>A folder of images alone is a class, whatever its name: "train" beside "bus", "valid" beside "invalid".</summary>
    private static bool IsPart(string path, string[] names) =>
        Place(path, names) >= 0 && ImageFile.Folders(path).Any();

    private static bool HasImages(string folder, string directory) => ClassFolders(folder, directory).Any(path => ImageFile.In(path).Any());

    /// <summary>The sub-folders; beside the classes of a data set without a training part, the folder of its test part is no class.</summary>
    private static string[] ClassFolders(string folder, string directory) =>
    [
        .. ImageFile.Folders(folder)
            .Where(path => folder != directory || !(IsPart(path, TestFolders) || Place(path, NeverClasses) >= 0)),
    ];
}
