using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Deq.Export.Bundling;

/// <summary>Weights as other programs read them: the safetensors format.</summary>
/// <remarks>
/// Eight bytes with the length of a header in JSON, which gives each tensor's type, shape and bytes; then the numbers, little-endian. Source: "Format",
/// README of the safetensors repository.
/// </remarks>
internal static class SafetensorsFile
{
    private const int Alignment = 8;

    /// <summary>Writes tensors of single precision.</summary>
    /// <param name="path">The file; replaced where it is there.</param>
    /// <param name="tensors">Names, extents and numbers, row-major.</param>
    /// <param name="notes">Text by key, for people.</param>
    public static void Write(string path, IReadOnlyList<NamedWeights> tensors, IReadOnlyDictionary<string, string> notes)
    {
        var header = new Dictionary<string, object> { ["__metadata__"] = notes };
        long offset = 0;
        foreach (NamedWeights tensor in tensors)
        {
            long end = offset + (sizeof(float) * (long)tensor.Values.Length);
            header.Add(tensor.Name, new Dictionary<string, object> { ["dtype"] = "F32", ["shape"] = tensor.Extents, ["data_offsets"] = new[] { offset, end } });
            offset = end;
        }

        byte[] json = JsonSerializer.SerializeToUtf8Bytes(header);
        byte[] padded = new byte[(json.Length + Alignment - 1) / Alignment * Alignment];
        padded.AsSpan().Fill((byte)' ');
        json.CopyTo(padded, 0);
        byte[] length = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(length, padded.Length);
        using FileStream file = File.Create(path);
        file.Write(length);
        file.Write(padded);
        foreach (NamedWeights tensor in tensors)
        {
            file.Write(MemoryMarshal.AsBytes(tensor.Values.AsSpan()));
        }
    }
}

/// <summary>A tensor of weights.</summary>
/// <param name="Name">As its graph calls it, such as <c>cell.branch0.conv1.weight</c>.</param>
/// <param name="Extents">Its shape.</param>
/// <param name="Values">Row-major.</param>
internal sealed record NamedWeights(string Name, long[] Extents, float[] Values);
