using System.Buffers.Binary;
using System.IO.Compression;

namespace Deq.Runtime.Imaging;

/// <summary>Writes PNG of 8 or 16 bits per sample, so that 16 bits arrive as they left.</summary>
internal static class PngWriter
{
    /// <summary>The eight bytes that every PNG begins with.</summary>
    public static ReadOnlySpan<byte> Signature => [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>Writes an image. Each row is stored with the filter whose differences are smallest in sum.</summary>
    /// <param name="image">What to write.</param>
    /// <param name="comment">Kept in a <c>tEXt</c> chunk under <c>Comment</c>; ASCII. Default none.</param>
    public static byte[] Write(PngSamples image, string? comment = null)
    {
        using var file = new MemoryStream();
        file.Write(Signature);
        byte[] head = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(head, image.Width);
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(4), image.Height);
        head[8] = (byte)image.Depth;
        head[9] = (byte)(image.Channels switch { 1 => 0, 2 => 4, 3 => 2, _ => 6 });
        Chunk(file, "IHDR"u8, head);
        if (comment is not null)
        {
            Chunk(file, "tEXt"u8, [.. "Comment\0"u8, .. System.Text.Encoding.ASCII.GetBytes(comment)]);
        }

        Chunk(file, "IDAT"u8, Compressed(image));
        Chunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    private static void Chunk(MemoryStream file, ReadOnlySpan<byte> name, ReadOnlySpan<byte> contents)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, contents.Length);
        file.Write(number);
        file.Write(name);
        file.Write(contents);
        BinaryPrimitives.WriteUInt32BigEndian(number, PngChecksum.Of(name, contents));
        file.Write(number);
    }

    private static ReadOnlySpan<byte> Compressed(PngSamples image)
    {
        var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            byte[] row = new byte[image.RowBytes];
            byte[] above = new byte[image.RowBytes];
            byte[] best = new byte[image.RowBytes];
            byte[] tried = new byte[image.RowBytes];
            for (int line = 0; line < image.Height; line++)
            {
                Store(image, line, row);
                zlib.WriteByte((byte)Smallest(row, above, image.PixelBytes, ref best, ref tried));
                zlib.Write(best);
                (row, above) = (above, row);
            }
        }

        return packed.GetBuffer().AsSpan(0, (int)packed.Length);
    }

    private static void Store(PngSamples image, int line, Span<byte> row)
    {
        ReadOnlySpan<ushort> samples = image.Samples.AsSpan(line * image.Width * image.Channels, image.Width * image.Channels);
        for (int i = 0; i < samples.Length; i++)
        {
            if (image.Depth == 8)
            {
                row[i] = (byte)samples[i];
            }
            else
            {
                BinaryPrimitives.WriteUInt16BigEndian(row[(2 * i)..], samples[i]);
            }
        }
    }

    /// <summary>Leaves the row under the best filter in <paramref name="best"/>. Differences count as signed bytes.</summary>
    private static int Smallest(byte[] row, byte[] above, int pixelBytes, ref byte[] best, ref byte[] tried)
    {
        (int chosen, long smallest) = (0, long.MaxValue);
        for (int filter = 0; filter < PngFilter.Count; filter++)
        {
            PngFilter.Apply(filter, row, above, pixelBytes, tried);
            long sum = 0;
            foreach (byte difference in tried)
            {
                sum += Math.Min(difference, 256 - difference);
            }

            if (sum < smallest)
            {
                (chosen, smallest) = (filter, sum);
                (best, tried) = (tried, best);
            }
        }

        return chosen;
    }
}
