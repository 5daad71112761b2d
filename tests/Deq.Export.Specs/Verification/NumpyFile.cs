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
            using Stream entry = archive.CreateEntry($"{name}.npy").Open();
            string header = $"{{'descr': '<f4', 'fortran_order': False, 'shape': ({string.Join(", ", shape)},), }}".PadRight(117) + "\n";
            entry.Write([0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. Encoding.ASCII.GetBytes(header), .. MemoryMarshal.AsBytes(values.AsSpan())]);
        }
    }
}
