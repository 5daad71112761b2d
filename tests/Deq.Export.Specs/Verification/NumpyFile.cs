using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;

namespace Deq.Export.Specs.Verification;

/// <summary>Writes arrays as <c>numpy.savez</c> does.</summary>
internal static class NumpyFile
{
    public static void Write(string path, params (string Name, int[] Shape, float[] Values)[] arrays)
    {
        using ZipArchive archive = ZipFile.Open(path, ZipArchiveMode.Create);
        foreach ((string name, int[] shape, float[] values) in arrays)
        {
            Write(archive, name, "<f4", isByColumns: false, shape, values);
        }
    }

    /// <summary>Writes one array that says another type or order of itself.</summary>
    public static void WriteAs(string path, string type, bool isByColumns, (string Name, int[] Shape, float[] Values) array)
    {
        using ZipArchive archive = ZipFile.Open(path, ZipArchiveMode.Create);
        Write(archive, array.Name, type, isByColumns, array.Shape, array.Values);
    }

    private static void Write(ZipArchive archive, string name, string type, bool isByColumns, int[] shape, float[] values)
    {
        using Stream entry = archive.CreateEntry($"{name}.npy").Open();
        string header = $"{{'descr': '{type}', 'fortran_order': {isByColumns}, 'shape': ({string.Join(", ", shape)},), }}".PadRight(117) + "\n";
        entry.Write([0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. Encoding.ASCII.GetBytes(header), .. MemoryMarshal.AsBytes(values.AsSpan())]);
    }
}
