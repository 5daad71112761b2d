using System.Buffers.Binary;
using System.IO.Compression;

namespace Deq.Runtime.Imaging;

/// <summary>Reads PNG of 8 or 16 bits per sample without palette and interlacing, every bit as stored.</summary>
/// <remarks>
/// Pictures to look at are decoded by <see cref="ImageDecoder"/>; this is for numbers that are stored as pictures. What libpng forgives is forgiven: a suggested palette
/// of colours, rows beyond the last, and a wrong checksum of a chunk that need not be understood.
/// </remarks>
internal static class PngReader
{
    private const int Frame = 12;

    /// <summary>Reads an image.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="limits">How large it may be, checked on the head before anything is unpacked, and how long its rows may take.</param>
    /// <param name="clock">Measures time; null is the system's.</param>
    /// <exception cref="ImageRejectedException">It is no such PNG, passes a limit, or is cut off or damaged.</exception>
    public static PngSamples Read(ReadOnlySpan<byte> bytes, ImageLimits limits, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(limits);
        TimeProvider time = clock ?? TimeProvider.System;
        long start = time.GetTimestamp();
        if (!bytes.StartsWith(PngWriter.Signature))
        {
            throw new ImageRejectedException(ImageFault.UnknownFormat, "The file is no PNG.");
        }

        if (bytes.Length > limits.MaxBytes)
        {
            throw new ImageRejectedException(ImageFault.TooLarge, $"The PNG has {bytes.Length} bytes; the most is {limits.MaxBytes}.");
        }

        ReadOnlySpan<byte> rest = bytes[PngWriter.Signature.Length..];
        ReadOnlySpan<byte> head = Next(ref rest, out ReadOnlySpan<byte> name);
        if (!name.SequenceEqual("IHDR"u8) || head.Length != 13)
        {
            throw Damaged("it does not begin with a head of 13 bytes");
        }

        PngSamples image = Empty(head, limits);
        Unpack(Packed(rest, hasColours: image.Channels >= 3), image, CheckTime);
        return image;

        void CheckTime()
        {
            if (time.GetElapsedTime(start) > limits.MaxDecodeTime)
            {
                throw ImageDecoder.Slow(limits);
            }
        }
    }

    private static PngSamples Empty(ReadOnlySpan<byte> head, ImageLimits limits)
    {
        uint width = BinaryPrimitives.ReadUInt32BigEndian(head);
        uint height = BinaryPrimitives.ReadUInt32BigEndian(head[4..]);
        int channels = head[9] switch { 0 => 1, 2 => 3, 4 => 2, 6 => 4, _ => 0 };
        if (width == 0 || height == 0 || width > int.MaxValue || height > int.MaxValue)
        {
            throw Damaged($"it claims {width} x {height} pixels");
        }

        if (limits.PassedBy("The PNG", width, height) is { } passed)
        {
            throw new ImageRejectedException(ImageFault.TooLarge, passed);
        }

        return channels > 0 && head[8] is 8 or 16 && head[10] == 0 && head[11] == 0 && head[12] == 0
            ? new PngSamples((int)width, (int)height, channels, head[8], new ushort[checked((int)(width * height) * channels)])
            : throw new ImageRejectedException(
                ImageFault.UnknownFormat, $"The PNG has colour type {head[9]}, {head[8]} bits and interlacing {head[12]}; "
                + "0, 2, 4 or 6, 8 or 16 bits and no interlacing are read.");
    }

    /// <summary>The contents of the IDAT chunks, joined.</summary>
    private static MemoryStream Packed(ReadOnlySpan<byte> rest, bool hasColours)
    {
        var packed = new MemoryStream();
        while (true)
        {
            ReadOnlySpan<byte> contents = Next(ref rest, out ReadOnlySpan<byte> name);
            if (name.SequenceEqual("IEND"u8))
            {
                packed.Position = 0;
                return packed;
            }

            if (name.SequenceEqual("IDAT"u8))
            {
                packed.Write(contents);
            }
            else if (IsCritical(name) && !(hasColours && name.SequenceEqual("PLTE"u8)))
            {
                throw Damaged("it has a critical chunk that is not known");
            }
        }
    }

    private static ReadOnlySpan<byte> Next(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> name)
    {
        if (rest.Length < Frame || BinaryPrimitives.ReadUInt32BigEndian(rest) > rest.Length - Frame)
        {
            throw Damaged("it is cut off");
        }

        int length = BinaryPrimitives.ReadInt32BigEndian(rest);
        name = rest.Slice(4, 4);
        ReadOnlySpan<byte> contents = rest.Slice(8, length);
        if (IsCritical(name) && BinaryPrimitives.ReadUInt32BigEndian(rest[(8 + length)..]) != PngChecksum.Of(name, contents))
        {
            throw Damaged("a chunk does not match its checksum");
        }

        rest = rest[(Frame + length)..];
        return contents;
    }

    /// <summary>Whether a chunk must be understood: the case of its first letter says so.</summary>
    private static bool IsCritical(ReadOnlySpan<byte> name) => (name[0] & 0x20) == 0;

    private static void Unpack(MemoryStream packed, PngSamples image, Action checkTime)
    {
        byte[] row = new byte[image.RowBytes];
        byte[] above = new byte[image.RowBytes];
        try
        {
            using var zlib = new ZLibStream(packed, CompressionMode.Decompress);
            for (int line = 0; line < image.Height; line++)
            {
                checkTime();
                int filter = zlib.ReadByte();
                if (filter is < 0 or >= PngFilter.Count)
                {
                    throw Damaged(filter < 0 ? "it has too few rows" : $"row {line} has a filter {filter}");
                }

                zlib.ReadExactly(row);
                PngFilter.Remove(filter, row, above, image.PixelBytes);
                Take(image, line, row);
                (row, above) = (above, row);
            }
        }
        catch (Exception fault) when (fault is InvalidDataException or EndOfStreamException)
        {
            throw Damaged("its rows cannot be unpacked");
        }
    }

    private static void Take(PngSamples image, int line, ReadOnlySpan<byte> row)
    {
        Span<ushort> samples = image.Samples.AsSpan(line * image.Width * image.Channels, image.Width * image.Channels);
        for (int i = 0; i < samples.Length; i++)
        {
            samples[i] = image.Depth == 8 ? row[i] : BinaryPrimitives.ReadUInt16BigEndian(row[(2 * i)..]);
        }
    }

    private static ImageRejectedException Damaged(string how) => new(ImageFault.Undecodable, $"The PNG is damaged: {how}.");
}
