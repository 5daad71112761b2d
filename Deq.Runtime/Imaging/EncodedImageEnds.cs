using System.Buffers.Binary;

namespace Deq.Runtime.Imaging;

/// <summary>Whether an encoded image has the end that its format prescribes. Decoders forgive a missing end; half an upload must not pass.</summary>
internal static class EncodedImageEnds
{
    public static bool IsWhole(ImageFormat format, ReadOnlySpan<byte> bytes) => format switch
    {
        ImageFormat.Png => HasEndChunk(bytes),

        // Cameras append other things after the end marker, so it may stand anywhere.
        ImageFormat.Jpeg => bytes.LastIndexOf((ReadOnlySpan<byte>)[0xFF, 0xD9]) >= 0,
        _ => bytes.Length >= 8 && BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]) <= bytes.Length - 8,
    };

    private static bool HasEndChunk(ReadOnlySpan<byte> bytes)
    {
        const int Signature = 8;
        const int Frame = 12;
        for (long at = Signature; at + Frame <= bytes.Length;)
        {
            ReadOnlySpan<byte> chunk = bytes[(int)at..];
            if (chunk[4..8].SequenceEqual("IEND"u8))
            {
                return true;
            }

            at += Frame + BinaryPrimitives.ReadUInt32BigEndian(chunk);
        }

        return false;
    }
}
