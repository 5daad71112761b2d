using System.Buffers.Binary;

namespace Deq.Runtime.Imaging;

/// <summary>Finds the EXIF orientation of an encoded image: a JPEG's APP1 segment, a PNG's eXIf chunk, a WebP's EXIF chunk.</summary>
/// <remarks>
/// SkiaSharp 4.155 reads it from JPEG and WebP alone, and there only as a 16-bit number; browsers, libvips and Pillow also take eXIf and
/// numbers of other widths. Never throws: what cannot be read says nothing. Source: CIPA DC-008 (EXIF 2.32), 4.6.2 and 4.6.4 A.
/// </remarks>
internal static class ExifOrientation
{
    private const ushort OrientationTag = 0x0112;
    private const int EntryBytes = 12;

    /// <summary>Where the stored first row and column are seen, 1 to 8; 1 (upright) when nothing says so.</summary>
    public static int Of(ImageFormat format, ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> exif = format switch
        {
            ImageFormat.Png => PngChunks.Find(bytes, "eXIf"u8),
            ImageFormat.Jpeg => JpegMarkers.FindExif(bytes),
            _ => InWebp(bytes),
        };
        if (exif.StartsWith("Exif\0\0"u8))
        {
            exif = exif[6..];
        }

        return OfTiff(exif);
    }

    /// <summary>The chunk of a RIFF container; chunks are padded to an even length.</summary>
    private static ReadOnlySpan<byte> InWebp(ReadOnlySpan<byte> bytes)
    {
        const int Head = 12;
        const int Frame = 8;
        for (long at = Head; at + Frame <= bytes.Length;)
        {
            ReadOnlySpan<byte> chunk = bytes[(int)at..];
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(chunk[4..]);
            if (chunk.StartsWith("EXIF"u8))
            {
                return length <= chunk.Length - Frame ? chunk.Slice(Frame, (int)length) : [];
            }

            at += Frame + length + (length & 1);
        }

        return [];
    }

    private static int OfTiff(ReadOnlySpan<byte> tiff)
    {
        const int Head = 8;
        bool isLittle = tiff.StartsWith("II*\0"u8);
        if (tiff.Length < Head || !(isLittle || tiff.StartsWith("MM\0*"u8)))
        {
            return 1;
        }

        uint first = UInt32(tiff[4..], isLittle);
        if (first > tiff.Length - 2)
        {
            return 1;
        }

        ReadOnlySpan<byte> directory = tiff[(int)first..];
        int entries = Math.Min(UInt16(directory, isLittle), (directory.Length - 2) / EntryBytes);
        for (int entry = 0; entry < entries; entry++)
        {
            ReadOnlySpan<byte> field = directory.Slice(2 + (entry * EntryBytes), EntryBytes);
            if (UInt16(field, isLittle) == OrientationTag)
            {
                return ValueOf(field, isLittle) is >= 1 and <= 8 and uint value ? (int)value : 1;
            }
        }

        return 1;
    }

    /// <summary>A field's only number, whichever integer type the writer chose; 0 for other types.</summary>
    private static uint ValueOf(ReadOnlySpan<byte> field, bool isLittle)
    {
        const int Byte = 1;
        const int Short = 3;
        const int Long = 4;
        const int SignedByte = 6;
        const int SignedShort = 8;
        const int SignedLong = 9;
        return UInt16(field[2..], isLittle) switch
        {
            Byte or SignedByte => field[8],
            Short or SignedShort => UInt16(field[8..], isLittle),
            Long or SignedLong => UInt32(field[8..], isLittle),
            _ => 0,
        };
    }

    private static ushort UInt16(ReadOnlySpan<byte> bytes, bool isLittle) =>
        isLittle ? BinaryPrimitives.ReadUInt16LittleEndian(bytes) : BinaryPrimitives.ReadUInt16BigEndian(bytes);

    private static uint UInt32(ReadOnlySpan<byte> bytes, bool isLittle) =>
        isLittle ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : BinaryPrimitives.ReadUInt32BigEndian(bytes);
}
