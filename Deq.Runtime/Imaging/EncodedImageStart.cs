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
            ImageFormat.Png => Search(bytes, 8, isPng: true),
            ImageFormat.Webp => Search(bytes, 12, isPng: false),
            _ => JpegMarkers.FirstScan(bytes, MostBytes),
        };
        return before <= MostBytes ? null : new ImageRejectedException(
            ImageFault.TooLarge, $"The image has {before} bytes before its pixels; the most is {MostBytes}.");
    }

    /// <summary>Where the first chunk of pixels begins, or the file ends.</summary>
    private static long Search(ReadOnlySpan<byte> bytes, long at, bool isPng)
    {
        while (at + 12 <= bytes.Length && at <= MostBytes)
        {
            ReadOnlySpan<byte> chunk = bytes[(int)at..];
            if (isPng ? chunk[4..8].SequenceEqual("IDAT"u8) : IsWebpOfPixels(chunk[..4]))
            {
                return at;
            }

            at += isPng
                ? 12L + BinaryPrimitives.ReadUInt32BigEndian(chunk)
                : 8L + BinaryPrimitives.ReadUInt32LittleEndian(chunk[4..]) + (chunk[4] & 1);
        }

        return Math.Min(at, bytes.Length);
    }

    /// <summary>Transparency and the frames of an animation hold pixels too, before any chunk of colours or around it.</summary>
    private static bool IsWebpOfPixels(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("VP8 "u8) || name.SequenceEqual("VP8L"u8) || name.SequenceEqual("ALPH"u8) || name.SequenceEqual("ANMF"u8);
}
