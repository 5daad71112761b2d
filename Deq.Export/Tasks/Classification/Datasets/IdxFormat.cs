using Deq.Export.Datasets;

namespace Deq.Export.Tasks.Classification.Datasets;

/// <summary>IDX, as MNIST and Fashion-MNIST are stored: a file of images and a file of labels, plain or gzip.</summary>
/// <remarks>Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database", file formats.</remarks>
internal sealed class IdxFormat : IDatasetFormat
{
    private const uint LabelsMagic = 0x0801;

    /// <summary>Above any image of use; a larger side is a damaged header.</summary>
    private const int LargestSide = 4096;

    /// <inheritdoc/>
    public string Name => "idx";

    /// <inheritdoc/>
    public string Contents => "train-images-idx3-ubyte(.gz) and train-labels-idx1-ubyte(.gz), and the same with t10k";

    /// <inheritdoc/>
    public bool Recognises(string directory) =>
        FindFile(directory, DatasetPart.Train, "images", 3) is not null || FindFile(directory, DatasetPart.Test, "images", 3) is not null;

    /// <inheritdoc/>
    public ImageDataset Read(DatasetRequest request)
    {
        (string imagesFile, string labelsFile) = Files(request);

        (int height, int width, byte[][] images) = IdxFile.ReadImages(imagesFile, LargestSide);
        int[] labels = ReadLabels(labelsFile, request.Labels?.Count ?? byte.MaxValue + 1);
        if (labels.Length != images.Length)
        {
            throw new DatasetException(labelsFile, $"It has {labels.Length} labels; {Path.GetFileName(imagesFile)} has {images.Length} images.");
        }

        IReadOnlyList<string> names = request.Labels ?? [.. Enumerable.Range(0, labels.Max() + 1).Select(label => $"{label}")];
        return new ImageDataset(1, height, width, names, images, labels);
    }

    private static int[] ReadLabels(string path, int classes)
    {
        using DatasetFile file = new(path);
        Span<byte> header = stackalloc byte[8];
        file.Read(header, "the header");
        int count = IdxFile.ReadCount(file, header, LabelsMagic);

        List<int> labels = [];
        Span<byte> label = stackalloc byte[1];
        for (int index = 0; index < count; index++)
        {
            file.Read(label, $"label {index} of {count}");
            labels.Add(label[0] < classes ? label[0] : throw file.Fault($"Label {index} is {label[0]}; 0 to {classes - 1} were expected."));
        }

        file.ExpectEnd();
        return [.. labels];
    }

    /// <exception cref="MissingPartException">Neither file of the part is there.</exception>
    /// <exception cref="DatasetException">One of the two is not: that is no reason to take another part in its place.</exception>
    private static (string Images, string Labels) Files(DatasetRequest request)
    {
        string? images = FindFile(request.Directory, request.Part, "images", 3), labels = FindFile(request.Directory, request.Part, "labels", 1);
        return (images, labels) switch
        {
            ({ } found, { } named) => (found, named),
            (null, null) => throw new MissingPartException(request.Directory, $"There is no {FileName(request.Part, "images", 3)}, plain or .gz."),
            _ => throw new DatasetException(
                request.Directory,
                $"There is {Path.GetFileName(images ?? labels)}, and no {(images is null ? FileName(request.Part, "images", 3) : FileName(request.Part, "labels", 1))}, plain or .gz."),
        };
    }

    private static string? FindFile(string directory, DatasetPart part, string content, int dimensions) =>
        IdxFile.Find(directory, FileName(part, content, dimensions));

    private static string FileName(DatasetPart part, string content, int dimensions) =>
        $"{(part == DatasetPart.Train ? "train" : "t10k")}-{content}-idx{dimensions}-ubyte";
}
