using System.Buffers.Binary;
using Deq.Runtime.Imaging;

namespace Deq.Runtime.Specs.Imaging;

/// <summary>PNG taken apart and put together by other means than the reader's.</summary>
internal static class Pngs
{
    /// <summary>The same file with the checksum that each chunk should have, as far as its chunks can be followed.</summary>
    public static byte[] Mended(byte[] png)
    {
        for (long at = 8; at + 12 <= png.Length;)
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(png.AsSpan((int)at));
            if (at + 12 + length > png.Length)
            {
                break;
            }

            Span<byte> chunk = png.AsSpan((int)at, (int)length + 12);
            BinaryPrimitives.WriteUInt32BigEndian(chunk[^4..], PngChecksum.Of(chunk[4..8], chunk[8..^4]));
            at += chunk.Length;
        }

        return png;
    }

    /// <summary>The contents of the first chunk of a name.</summary>
    public static byte[] Chunk(byte[] png, string name)
    {
        int at = png.AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(name));
        return png[(at + 4)..(at + 4 + BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(at - 4)))];
    }

    /// <summary>The file with one more chunk after its head.</summary>
    public static byte[] WithChunk(byte[] png, string name, byte[] contents)
    {
        const int EndOfHead = 33;
        byte[] chunk = [.. BigEndian((uint)contents.Length), .. System.Text.Encoding.ASCII.GetBytes(name), .. contents, 0, 0, 0, 0];
        return Mended([.. png[..EndOfHead], .. chunk, .. png[EndOfHead..]]);
    }

    /// <summary>The file without the chunks of a name.</summary>
    public static byte[] Without(byte[] png, string name)
    {
        int at = png.AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(name));
        return at < 0 ? png : [.. png[..(at - 4)], .. png[(at + 8 + BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(at - 4)))..]];
    }

    /// <summary>A number as PNG stores it.</summary>
    public static byte[] BigEndian(uint number)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        return bytes;
    }
}
