using System.Globalization;
using Deq.Export.Graphs.Onnx.Wire;
using Google.Protobuf;

namespace Deq.Export.Packing;

/// <summary>Brings tensors that a graph keeps in files beside it into the graph: a bundle's hashes cover graphs alone.</summary>
/// <remarks>Keys of an entry: <c>location</c>, <c>offset</c>, <c>length</c>. Source: docs/ExternalData.md of the ONNX repository.</remarks>
internal static class ExternalData
{
    private const string Offset = "offset";
    private const string Length = "length";

    /// <summary>Reads every external tensor of a graph in.</summary>
    /// <param name="graph">Changed in place.</param>
    /// <param name="file">Where the graph was read from.</param>
    /// <returns>What cannot be read, one sentence per file of data.</returns>
    public static IEnumerable<string> Inline(GraphProto graph, FileInfo file)
    {
        var faults = new HashSet<string>(StringComparer.Ordinal);
        var contents = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        long bytes = file.Length;
        foreach (TensorProto tensor in GraphTensors.Of(graph).Where(tensor => tensor.DataLocation == TensorProto.Types.DataLocation.External))
        {
            if (Read(tensor, file, contents) is { } fault)
            {
                faults.Add(fault);
            }

            bytes += tensor.RawData.Length;
            if (bytes > ForeignGraph.MostBytes)
            {
                faults.Add($"{file.Name} has more than {ForeignGraph.MostBytes} bytes with the tensors beside it; {ForeignGraph.MostSentence}");
                break;
            }
        }

        return faults;
    }

    private static string? Read(TensorProto tensor, FileInfo file, Dictionary<string, byte[]> contents)
    {
        Dictionary<string, string> entries = tensor.ExternalData.ToDictionary(entry => entry.Key, entry => entry.Value, StringComparer.Ordinal);
        string location = entries.GetValueOrDefault("location", "");
        string folder = file.DirectoryName!;
        string path = Path.GetFullPath(Path.Combine(folder, location));
        if (location.Length == 0 || !path.StartsWith(folder + Path.DirectorySeparatorChar, StringComparison.Ordinal))
        {
            return $"{file.Name} keeps tensors in '{location}', which is not beside it; export with external_data=False.";
        }

        if (!contents.TryGetValue(path, out byte[]? bytes))
        {
            if (!File.Exists(path))
            {
                return $"{file.Name} keeps tensors in {location}, which is absent; put that file beside it, or export with external_data=False.";
            }

            long size = new FileInfo(path).Length;
            if (size > ForeignGraph.MostBytes)
            {
                return $"{file.Name} keeps tensors in {location}, which has {size} bytes; {ForeignGraph.MostSentence}";
            }

            contents.Add(path, bytes = File.ReadAllBytes(path));
        }

        return Take(tensor, entries, bytes) is { } fault ? $"{file.Name} keeps tensor {tensor.Name} in {location} {fault}" : null;
    }

    /// <summary>Gives a tensor its bytes of a file.</summary>
    /// <returns>Why it has none there; null where it has.</returns>
    private static string? Take(TensorProto tensor, Dictionary<string, string> entries, byte[] bytes)
    {
        foreach (string key in (string[])[Offset, Length])
        {
            if (entries.TryGetValue(key, out string? text) && NumberOf(text) is null)
            {
                return $"with the {key} '{text}', which is no number of bytes; export again.";
            }
        }

        long offset = NumberOf(entries.GetValueOrDefault(Offset)) ?? 0;
        long length = NumberOf(entries.GetValueOrDefault(Length)) ?? (bytes.Length - offset);
        if (length < 0 || offset > bytes.Length - length)
        {
            return $"past the end of that file, which has {bytes.Length} bytes; copy it again, or export again.";
        }

        tensor.RawData = ByteString.CopyFrom(bytes.AsSpan((int)offset, (int)length));
        tensor.ExternalData.Clear();
        tensor.ClearDataLocation();
        return null;
    }

    private static long? NumberOf(string? text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;
}
