using System.Globalization;
using Deq.Export.Graphs.Onnx.Wire;
using Google.Protobuf;

namespace Deq.Export.Packing;

/// <summary>Brings tensors that a graph keeps in files beside it into the graph: a bundle's hashes cover graphs alone.</summary>
/// <remarks>Keys of an entry: <c>location</c>, <c>offset</c>, <c>length</c>. Source: docs/ExternalData.md of the ONNX repository.</remarks>
internal static class ExternalData
{
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

        long offset = NumberOf("offset", 0);
        long length = NumberOf("length", bytes.Length - offset);
        if (offset < 0 || length < 0 || offset > bytes.Length - length)
        {
            return $"{file.Name} keeps tensor {tensor.Name} in {location} past the end of that file, which has {bytes.Length} bytes; copy it again, or export again.";
        }

        tensor.RawData = ByteString.CopyFrom(bytes.AsSpan((int)offset, (int)length));
        tensor.ExternalData.Clear();
        tensor.ClearDataLocation();
        return null;

        long NumberOf(string key, long absent) =>
            entries.TryGetValue(key, out string? text) && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : absent;
    }
}
