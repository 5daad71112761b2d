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

    /// <summary>Up to so many bytes of texts cost less to read than to leave out.</summary>
    private const int MostTexts = 16 << 10;

    /// <summary>Whether the file reaches its end chunk.</summary>
    public static bool HasEnd(ReadOnlySpan<byte> bytes) => !Locate(bytes, "IEND"u8).IsEmpty;

    /// <summary>The contents of the first chunk of a name; empty when there is none or the file ends within it.</summary>
    public static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> name) =>
        Locate(bytes, name) is { IsEmpty: false } chunk ? chunk[8..^4] : [];

    /// <summary>
    /// The file without what its decoder need not read before the pixels: texts and chunks of private names that are long together, and a gamma that means
    /// nothing, such as 0. The same memory when there is nothing of them.
    /// </summary>
    /// <remarks>
    /// libpng, read from a stream in pieces, moves what it has of a chunk with every piece: a text of 1 MB takes 10 ms. SkiaSharp 4.155 raises every sample to
    /// the power of the gamma's inverse, so 0 makes the picture black; browsers, libvips and ImageMagick ignore the chunk.
    /// </remarks>
    public static ReadOnlyMemory<byte> OfPixels(ReadOnlyMemory<byte> bytes)
    {
        ReadOnlySpan<byte> file = bytes.Span;
        var left = new List<Range>();
        long texts = 0;
        bool hasGamma = false;
        for (int at = Signature; Ends(file, at) is int end && !NameAt(file, at).SequenceEqual("IDAT"u8); at = end)
        {
            bool isText = IsText(NameAt(file, at));
            bool isGamma = IsMeaninglessGamma(file[at..end]);
            (texts, hasGamma) = (texts + (isText ? end - at : 0), hasGamma || isGamma);
            if (isText || isGamma)
            {
                left.Add(at..end);
            }
        }

        return hasGamma || texts > MostTexts ? Without(file, left) : bytes;
    }

    private static byte[] Without(ReadOnlySpan<byte> file, List<Range> left)
    {
        byte[] rest = new byte[file.Length - left.Sum(range => range.End.Value - range.Start.Value)];
        (int from, int to) = (0, 0);
        foreach (Range range in (IEnumerable<Range>)[.. left, file.Length..])
        {
            ReadOnlySpan<byte> kept = file[from..range.Start.Value];
            kept.CopyTo(rest.AsSpan(to));
            (from, to) = (range.End.Value, to + kept.Length);
        }

        return rest;
    }

    private static ReadOnlySpan<byte> NameAt(ReadOnlySpan<byte> file, int at) => file.Slice(at + 4, 4);

    /// <summary>Where a whole chunk that begins there ends; null where there is none.</summary>
    private static int? Ends(ReadOnlySpan<byte> file, int at) =>
        at + Frame <= file.Length && BinaryPrimitives.ReadUInt32BigEndian(file[at..]) <= file.Length - at - Frame
            ? at + Frame + (int)BinaryPrimitives.ReadUInt32BigEndian(file[at..])
            : null;

    private static bool IsText(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("tEXt"u8) || name.SequenceEqual("zTXt"u8) || name.SequenceEqual("iTXt"u8)
        || (name[0] >= 'a' && name[1] >= 'a');

    private static bool IsMeaninglessGamma(ReadOnlySpan<byte> chunk) =>
        NameAt(chunk, 0).SequenceEqual("gAMA"u8) && chunk.Length == Frame + 4
        && BinaryPrimitives.ReadUInt32BigEndian(chunk[8..]) is not (>= LeastGamma and <= MostGamma);

    /// <summary>The first whole chunk of a name, from its length to its checksum; empty when there is none.</summary>
    private static ReadOnlySpan<byte> Locate(ReadOnlySpan<byte> file, ReadOnlySpan<byte> name)
    {
        for (int at = Signature; Ends(file, at) is int end; at = end)
        {
            if (NameAt(file, at).SequenceEqual(name))
            {
                return file[at..end];
            }
        }

        return [];
    }
}
