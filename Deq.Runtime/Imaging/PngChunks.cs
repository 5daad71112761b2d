using System.Buffers.Binary;

namespace Deq.Runtime.Imaging;

/// <summary>Walks the chunks of a PNG: length, name, contents, checksum. Checks no checksum; the decoder does.</summary>
internal static class PngChunks
{
    private const int Signature = 8;
    private const int Frame = 12;

    /// <summary>
    /// The smallest and the largest gamma that libpng took from 1.5.4 to 1.6.44, in 100,000ths; what is outside them has no meaning.
    /// </summary>
    private const uint LeastGamma = 16;

    private const uint MostGamma = 625_000_000;

    /// <summary>Whether the file reaches its end chunk.</summary>
    public static bool HasEnd(ReadOnlySpan<byte> bytes) => Locate(bytes, "IEND"u8) >= 0;

    /// <summary>The contents of the first chunk of a name; empty when there is none or the file ends within it.</summary>
    public static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> name)
    {
        int at = Locate(bytes, name);
        if (at < 0)
        {
            return [];
        }

        uint length = BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]);
        return length <= bytes.Length - at - Frame ? bytes.Slice(at + 8, (int)length) : [];
    }

    /// <summary>
    /// The file without a gamma that means nothing, such as 0; the same memory when there is none. SkiaSharp 4.155 raises every sample to the
    /// power of its inverse, so the picture becomes black; browsers, libvips and ImageMagick ignore the chunk.
    /// </summary>
    public static ReadOnlyMemory<byte> WithoutMeaninglessGamma(ReadOnlyMemory<byte> bytes)
    {
        ReadOnlySpan<byte> gamma = Find(bytes.Span, "gAMA"u8);
        if (gamma.Length != 4 || BinaryPrimitives.ReadUInt32BigEndian(gamma) is >= LeastGamma and <= MostGamma)
        {
            return bytes;
        }

        int at = Locate(bytes.Span, "gAMA"u8);
        return (byte[])[.. bytes.Span[..at], .. bytes.Span[(at + Frame + gamma.Length)..]];
    }

    private static int Locate(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> name)
    {
        for (long at = Signature; at + Frame <= bytes.Length;)
        {
            ReadOnlySpan<byte> chunk = bytes[(int)at..];
            if (chunk.Slice(4, 4).SequenceEqual(name))
            {
                return (int)at;
            }

            at += Frame + BinaryPrimitives.ReadUInt32BigEndian(chunk);
        }

        return -1;
    }
}
