using System.Buffers.Binary;

namespace Deq.Runtime.Imaging;

/// <summary>Whether an encoded image has the end that its format prescribes. Decoders forgive a missing end; half an upload must not pass.</summary>
internal static class EncodedImageEnds
{
    public static bool IsWhole(ImageFormat format, ReadOnlySpan<byte> bytes) => format switch
    {
        ImageFormat.Png => PngChunks.HasEnd(bytes),
        ImageFormat.Jpeg => JpegMarkers.HasEnd(bytes),
        _ => bytes.Length >= 8 && BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]) <= bytes.Length - 8,
    };
}
