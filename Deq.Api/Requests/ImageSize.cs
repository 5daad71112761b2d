using System.Buffers.Binary;

namespace Deq.Api.Requests;

/// <summary>Reads the size that an image claims from its first bytes, without a decoder: enough to say which thread should decode it.</summary>
internal static class ImageSize
{
    /// <summary>Markers that are passed in search of a JPEG's size.</summary>
    private const int MostMarkers = 32;

    /// <summary>Pixels that the image claims to have; null where its first bytes do not say in the usual way, so that nothing may be taken for granted.</summary>
    public static long? PixelsOf(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 30)
        {
            return null;
        }

        return bytes.StartsWith((ReadOnlySpan<byte>)[0x89, 0x50, 0x4E, 0x47])
                ? !bytes[12..16].SequenceEqual("IHDR"u8) ? null : Product(BinaryPrimitives.ReadUInt32BigEndian(bytes[16..]), BinaryPrimitives.ReadUInt32BigEndian(bytes[20..]))
            : bytes.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8]) ? OfJpeg(bytes)
            : bytes.StartsWith("RIFF"u8) ? OfWebp(bytes)
            : null;
    }

    private static long? OfJpeg(ReadOnlySpan<byte> bytes)
    {
        int at = 2;
        for (int marker = 0; marker < MostMarkers && at + 9 <= bytes.Length && bytes[at] == 0xFF; marker++)
        {
            byte name = bytes[at + 1];
            if (name is >= 0xC0 and <= 0xCF and not 0xC4 and not 0xC8 and not 0xCC)
            {
                return Product(BinaryPrimitives.ReadUInt16BigEndian(bytes[(at + 7)..]), BinaryPrimitives.ReadUInt16BigEndian(bytes[(at + 5)..]));
            }

            if (name is 0xFF or 0x01 or (>= 0xD0 and <= 0xD8))
            {
                // Filling, and markers without a length: a decoder steps over them one way, and what follows may be made to look like a size.
                return null;
            }

            at += 2 + BinaryPrimitives.ReadUInt16BigEndian(bytes[(at + 2)..]);
        }

        return null;
    }

    private static long? OfWebp(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> chunk = bytes[12..16];
        if (chunk.SequenceEqual("VP8 "u8))
        {
            (ushort width, ushort height) = (BinaryPrimitives.ReadUInt16LittleEndian(bytes[26..]), BinaryPrimitives.ReadUInt16LittleEndian(bytes[28..]));
            return Product(width & 0x3FFFu, height & 0x3FFFu);
        }

        if (chunk.SequenceEqual("VP8X"u8))
        {
            (uint width, uint height) = (BinaryPrimitives.ReadUInt32LittleEndian(bytes[24..]), BinaryPrimitives.ReadUInt32LittleEndian(bytes[26..]));
            return Product((width & 0xFFFFFF) + 1, (height >> 8) + 1);
        }

        return chunk.SequenceEqual("VP8L"u8) ? OfLossless(BinaryPrimitives.ReadUInt32LittleEndian(bytes[21..])) : null;
    }

    /// <summary>Fourteen bits of width less one, fourteen of height less one.</summary>
    private static long OfLossless(uint bits) => Product((bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1);

    private static long Product(uint width, uint height) => (long)Math.Min((ulong)width * height, long.MaxValue);
}
