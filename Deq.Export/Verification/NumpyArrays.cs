using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace Deq.Export.Verification;

/// <summary>Reads the arrays of a file that <c>numpy.savez</c> wrote: a zip with a <c>.npy</c> per array.</summary>
/// <remarks>Source: "NPY format", numpy.org, versions 1 and 2. Little-endian floats of 4 or 8 bytes, row-major; what has 8 is rounded to 4.</remarks>
internal static partial class NumpyArrays
{
    private const string Suffix = ".npy";
    private const int LongestHeader = 1 << 16;

    /// <summary>Every array by name.</summary>
    /// <param name="file">The file.</param>
    /// <exception cref="InvalidDataException">It is no such file, or an array is of another type.</exception>
    public static IReadOnlyDictionary<string, NumpyArray> Read(FileInfo file)
    {
        var arrays = new SortedDictionary<string, NumpyArray>(StringComparer.Ordinal);
        using ZipArchive archive = Open(file);
        foreach (ZipArchiveEntry entry in archive.Entries)
        {
            string name = entry.FullName.EndsWith(Suffix, StringComparison.Ordinal) ? entry.FullName[..^Suffix.Length] : entry.FullName;
            if (!arrays.TryAdd(name, Read(entry, $"{file.Name}: {name}", name)))
            {
                throw new InvalidDataException($"{file.Name} has two arrays called {name}; leave one out.");
            }
        }

        return arrays;
    }

    /// <summary>The zip with its list of entries read.</summary>
    private static ZipArchive Open(FileInfo file)
    {
        ZipArchive? archive = null;
        try
        {
            archive = ZipFile.OpenRead(file.FullName);
            _ = archive.Entries;
            return archive;
        }
        catch (InvalidDataException fault)
        {
            archive?.Dispose();
            throw new InvalidDataException($"{file.Name} is no zip of arrays; write it with numpy.savez.", fault);
        }
    }

    private static NumpyArray Read(ZipArchiveEntry entry, string place, string name)
    {
        try
        {
            using Stream stream = entry.Open();
            return Read(stream, place, name);
        }
        catch (EndOfStreamException fault)
        {
            throw new InvalidDataException($"{place} ends before all of its numbers; write the file anew with numpy.savez.", fault);
        }
    }

    private static NumpyArray Read(Stream stream, string place, string name)
    {
        byte[] start = new byte[8];
        stream.ReadExactly(start);
        if (start[0] != 0x93 || !start.AsSpan(1, 5).SequenceEqual("NUMPY"u8))
        {
            throw new InvalidDataException($"{place} is no array.");
        }

        byte[] size = new byte[start[6] == 1 ? 2 : 4];
        stream.ReadExactly(size);
        int length = size.Length == 2 ? BinaryPrimitives.ReadUInt16LittleEndian(size) : BinaryPrimitives.ReadInt32LittleEndian(size);
        byte[] header = new byte[length is > 0 and <= LongestHeader ? length : throw new InvalidDataException($"{place} has a header of {length} bytes.")];
        stream.ReadExactly(header);
        string text = Encoding.ASCII.GetString(header);
        string type = TypeOf().Match(text).Groups["type"].Value;
        bool isByColumns = text.Contains("'fortran_order': True", StringComparison.Ordinal);
        if (type is not ("<f4" or "<f8") || isByColumns)
        {
            throw new InvalidDataException($"{place} is {(isByColumns ? "in Fortran's order" : $"of type '{type}'")}; save it as numpy.ascontiguousarray({name}, 'float32').");
        }

        long[] shape = [.. NumberIn().Matches(ShapeOf().Match(text).Groups["shape"].Value).Select(match => long.Parse(match.Value, CultureInfo.InvariantCulture))];
        int width = type == "<f4" ? sizeof(float) : sizeof(double);
        if (shape.Aggregate((double)width, (product, extent) => product * extent) > Array.MaxLength)
        {
            throw new InvalidDataException($"{place} is [{string.Join(", ", shape)}], more than {Array.MaxLength} bytes; write fewer rows.");
        }

        byte[] bytes = new byte[shape.Aggregate((long)width, (product, extent) => product * extent)];
        stream.ReadExactly(bytes);
        float[] values = type == "<f4" ? MemoryMarshal.Cast<byte, float>(bytes).ToArray() : [.. MemoryMarshal.Cast<byte, double>(bytes).ToArray().Select(value => (float)value)];
        return new NumpyArray(shape, values);
    }

    [GeneratedRegex(@"'descr':\s*'(?<type>[^']*)'", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TypeOf();

    [GeneratedRegex(@"'shape':\s*\((?<shape>[^)]*)\)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ShapeOf();

    [GeneratedRegex(@"\d+", RegexOptions.None, 1000)]
    private static partial Regex NumberIn();
}

/// <summary>An array.</summary>
/// <param name="Shape">Its extents.</param>
/// <param name="Values">Row-major.</param>
internal sealed record NumpyArray(IReadOnlyList<long> Shape, float[] Values)
{
    /// <summary>The largest magnitude of its numbers; 1 where all are 0 or there is none.</summary>
    public double Scale { get; } = Values.Length > 0 && TensorPrimitives.MaxMagnitude<float>(Values) is not 0 and var largest ? Math.Abs(largest) : 1;

    /// <summary>Whether none of its numbers is NaN or infinite.</summary>
    public bool IsFinite => Array.TrueForAll(Values, float.IsFinite);

    /// <summary>The rows along the first axis.</summary>
    public int Rows => Shape.Count == 0 ? 0 : (int)Shape[0];

    /// <summary>One of them.</summary>
    public ReadOnlySpan<float> Row(int row) => Values.AsSpan(row * (Values.Length / Rows), Values.Length / Rows);
}
