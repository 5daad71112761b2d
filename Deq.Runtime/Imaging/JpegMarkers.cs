using System.Buffers.Binary;

namespace Deq.Runtime.Imaging;

/// <summary>Walks the marker segments of a JPEG as libjpeg does, so that bytes inside a segment are never taken for a marker.</summary>
/// <remarks>Source: ITU-T T.81, annex B.</remarks>
internal static class JpegMarkers
{
    private const byte App1 = 0xE1;
    private const byte StartOfScan = 0xDA;
    private const byte EndOfImage = 0xD9;

    /// <summary>
    /// Whether the end marker is reached. It may be followed by anything: cameras append previews. An end marker within metadata, such as that
    /// of an embedded thumbnail, does not count.
    /// </summary>
    public static bool HasEnd(ReadOnlySpan<byte> bytes)
    {
        int at = 2;
        while (Next(bytes, ref at) is var marker and >= 0)
        {
            if (marker == EndOfImage)
            {
                return true;
            }

            if (!Skip(bytes, ref at))
            {
                return false;
            }
        }

        return false;
    }

    /// <summary>The contents of the first APP1 segment that holds EXIF, with its <c>Exif\0\0</c>; empty when there is none before the scans.</summary>
    public static ReadOnlySpan<byte> FindExif(ReadOnlySpan<byte> bytes)
    {
        int at = 2;
        while (Next(bytes, ref at) is var marker and >= 0 and not EndOfImage and not StartOfScan)
        {
            int start = at;
            if (!Skip(bytes, ref at))
            {
                return [];
            }

            ReadOnlySpan<byte> contents = bytes[(start + 2)..at];
            if (marker == App1 && contents.StartsWith("Exif\0\0"u8))
            {
                return contents;
            }
        }

        return [];
    }

    /// <summary>How many bytes come before the first scan: up to the end of its marker, to a segment that the file ends within, or to the end of a file without a further marker.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="most">Behind a segment that passes so many bytes nothing is looked for.</param>
    public static int FirstScan(ReadOnlySpan<byte> bytes, int most)
    {
        int at = 2;
        while (at <= most)
        {
            int marker = Next(bytes, ref at);
            if (marker < 0)
            {
                return bytes.Length;
            }

            if (marker is StartOfScan or EndOfImage || !Skip(bytes, ref at))
            {
                break;
            }
        }

        return at;
    }

    /// <summary>The code of the next marker that begins a segment or ends the image; −1 when there is none.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="at">Moves behind the marker.</param>
    private static int Next(ReadOnlySpan<byte> bytes, ref int at)
    {
        while (at < bytes.Length)
        {
            int offset = bytes[at..].IndexOf((byte)0xFF);
            if (offset < 0)
            {
                return -1;
            }

            at += offset;
            while (at < bytes.Length && bytes[at] == 0xFF)
            {
                at++;
            }

            // 00 is a stuffed byte of entropy-coded data, 01 and D0 to D8 are markers without a segment.
            if (at < bytes.Length && bytes[at++] is var code and not (0x00 or 0x01) and not (>= 0xD0 and <= 0xD8))
            {
                return code;
            }
        }

        return -1;
    }

    /// <summary>Moves behind a segment; false when the file ends within it.</summary>
    private static bool Skip(ReadOnlySpan<byte> bytes, ref int at)
    {
        if (bytes.Length - at < 2 || BinaryPrimitives.ReadUInt16BigEndian(bytes[at..]) is var length && (length < 2 || length > bytes.Length - at))
        {
            return false;
        }

        at += length;
        return true;
    }
}
