using System.Buffers.Binary;

namespace Deq.Runtime.Imaging;

/// <summary>How many bytes of an encoded image come before its pixels. Decoders read all of them, profiles and texts too, before they know the size.</summary>
internal static class EncodedImageStart
{
    /// <summary>Enough for colour profiles, thumbnails and the metadata of cameras.</summary>
    public const int MostBytes = 1 << 20;

    /// <summary>Refuses an image with too much before its pixels; null when it has not, or is damaged, which the decoder says better.</summary>
    public static ImageRejectedException? Refusal(ImageFormat format, ReadOnlySpan<byte> bytes)
    {
        long before = format switch
        {
            ImageFormat.Png => Search(bytes, 8, "IDAT"u8, isBigEndian: true),
            ImageFormat.Webp => Search(bytes, 12, "VP8"u8, isBigEndian: false),
            _ => OfJpeg(bytes),
        };
        return before <= MostBytes ? null : new ImageRejectedException(
            ImageFault.TooLarge, $"The image has {before} bytes before its pixels; the most is {MostBytes}.");
    }

    /// <summary>Where the first chunk of a name begins, or the file ends.</summary>
    private static long Search(ReadOnlySpan<byte> bytes, long at, ReadOnlySpan<byte> name, bool isBigEndian)
    {
        while (at + 12 <= bytes.Length && at <= MostBytes)
        {
            ReadOnlySpan<byte> chunk = bytes[(int)at..];
            ReadOnlySpan<byte> called = isBigEndian ? chunk[4..8] : chunk[..4];
            if (called.StartsWith(name) && !called.SequenceEqual("VP8X"u8))
            {
                return at;
            }

            at += isBigEndian
                ? 12L + BinaryPrimitives.ReadUInt32BigEndian(chunk)
                : 8L + BinaryPrimitives.ReadUInt32LittleEndian(chunk[4..]) + (chunk[4] & 1);
        }

        return Math.Min(at, bytes.Length);
    }

    /// <summary>Where the first scan begins, or the markers end.</summary>
    private static long OfJpeg(ReadOnlySpan<byte> bytes)
    {
        int at = 2;
        while (at + 4 <= bytes.Length && bytes[at] == 0xFF && bytes[at + 1] != 0xDA && at <= MostBytes)
        {
            at += bytes[at + 1] is 0xFF ? 1 : 2 + BinaryPrimitives.ReadUInt16BigEndian(bytes[(at + 2)..]);
        }

        return Math.Min(at, bytes.Length);
    }
}
