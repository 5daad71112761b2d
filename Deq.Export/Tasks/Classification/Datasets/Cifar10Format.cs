using Deq.Export.Datasets;

namespace Deq.Export.Tasks.Classification.Datasets;

/// <summary>CIFAR-10's binary version: records of one label byte and 3 × 32 × 32 bytes, in files <c>*.bin</c>, plain or gzip.</summary>
/// <remarks>Source: A. Krizhevsky, "Learning multiple layers of features from tiny images" (2009), and the data set's page.</remarks>
internal sealed class Cifar10Format : IDatasetFormat
{
    private const int Channels = 3;
    private const int Side = 32;
    private const int RecordSize = 1 + (Channels * Side * Side);
    private const string NamesFile = "batches.meta.txt";

    private static readonly string[] OfficialNames =
        ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

    /// <inheritdoc/>
    public string Name => "cifar10";

    /// <inheritdoc/>
    public string Contents => "data_batch_1.bin(.gz) and so on (or other *.bin files of 3073-byte records), and test_batch.bin(.gz)";

    /// <inheritdoc/>
    public bool Recognises(string directory) => Files(directory, DatasetPart.Train).Length > 0 || Files(directory, DatasetPart.Test).Length > 0;

    /// <inheritdoc/>
    public ImageDataset Read(DatasetRequest request)
    {
        IReadOnlyList<string> names = request.Labels ?? ReadNames(request.Directory);
        if (names.Count != OfficialNames.Length)
        {
            throw new DatasetException(request.Directory, $"The recipe names {names.Count} labels; CIFAR-10 has {OfficialNames.Length}.");
        }

        string[] files = Files(request.Directory, request.Part);
        if (files.Length == 0)
        {
            string missing = request.Part == DatasetPart.Train ? "data_batch_*.bin" : "test_batch.bin";
            throw new MissingPartException(request.Directory, $"There is no {missing}, plain or .gz.");
        }

        List<byte[]> images = [];
        List<int> labels = [];
        foreach (string file in files)
        {
            ReadRecords(file, images, labels);
        }

        return new ImageDataset(Channels, Side, Side, names, [.. images], [.. labels]);
    }

    private static void ReadRecords(string path, List<byte[]> images, List<int> labels)
    {
        using DatasetFile file = new(path);
        byte[] record = new byte[RecordSize];
        int index = 0;
        for (; file.TryRead(record, $"record {index}"); index++)
        {
            labels.Add(record[0] < OfficialNames.Length
                ? record[0]
                : throw file.Fault($"Record {index} has label {record[0]}; 0 to {OfficialNames.Length - 1} were expected."));
            images.Add(record[1..]);
        }

        if (index == 0)
        {
            throw file.Fault($"It is empty; records of {RecordSize} bytes were expected.");
        }
    }

    private static string[] ReadNames(string directory)
    {
        string path = Path.Combine(directory, NamesFile);
        if (!File.Exists(path))
        {
            return OfficialNames;
        }

        string[] names = [.. File.ReadLines(path).Select(line => line.Trim()).Where(line => line.Length > 0)];
        return names.Length == OfficialNames.Length && names.Distinct().Count() == names.Length
            ? names
            : throw new DatasetException(path, $"It has {names.Distinct().Count()} distinct names; {OfficialNames.Length} were expected.");
    }

    /// <summary>The official files of a part, or else every other <c>*.bin</c> for training.</summary>
    private static string[] Files(string directory, DatasetPart part)
    {
        string[] all =
        [
            .. Directory.EnumerateFiles(directory).Where(path => !PictureFiles.IsHidden(path))
                .Where(path => path.EndsWith(".bin", StringComparison.Ordinal) || path.EndsWith(".bin.gz", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal),
        ];
        string[] test = [.. all.Where(path => Path.GetFileName(path).StartsWith("test_batch.", StringComparison.Ordinal))];
        if (part != DatasetPart.Train)
        {
            return test;
        }

        string[] official = [.. all.Where(path => Path.GetFileName(path).StartsWith("data_batch_", StringComparison.Ordinal))];
        return official.Length > 0 ? official : [.. all.Except(test)];
    }
}
