namespace Deq.Runtime.Imaging;

/// <summary>The cyclic redundancy check of PNG chunks (CRC-32, reflected, polynomial EDB88320 hexadecimal).</summary>
internal static class PngChecksum
{
    private static readonly uint[] Table = [.. Enumerable.Range(0, 256).Select(Entry)];

    /// <summary>The check of a chunk's name and contents.</summary>
    public static uint Of(ReadOnlySpan<byte> name, ReadOnlySpan<byte> contents) => ~Continue(Continue(uint.MaxValue, name), contents);

    private static uint Continue(uint check, ReadOnlySpan<byte> bytes)
    {
        foreach (byte next in bytes)
        {
            check = Table[(byte)(check ^ next)] ^ (check >> 8);
        }

        return check;
    }

    private static uint Entry(int index)
    {
        uint check = (uint)index;
        for (int bit = 0; bit < 8; bit++)
        {
            check = (check & 1) == 0 ? check >> 1 : 0xEDB88320 ^ (check >> 1);
        }

        return check;
    }
}
