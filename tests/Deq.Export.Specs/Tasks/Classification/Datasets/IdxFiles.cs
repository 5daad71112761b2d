using System.Buffers.Binary;

namespace Deq.Export.Specs.Tasks.Classification.Datasets;

/// <summary>Writes small IDX files.</summary>
internal static class IdxFiles
{
    public static byte[] Images(int height, int width, params byte[][] images)
    {
        byte[] header = new byte[16];
        BinaryPrimitives.WriteInt32BigEndian(header, 0x0803);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), images.Length);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(8), height);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(12), width);
        return [.. header, .. images.SelectMany(image => image)];
    }

    public static byte[] Labels(params byte[] labels)
    {
        byte[] header = new byte[8];
        BinaryPrimitives.WriteInt32BigEndian(header, 0x0801);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), labels.Length);
        return [.. header, .. labels];
    }
}
