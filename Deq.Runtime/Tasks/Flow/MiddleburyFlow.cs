using System.Buffers.Binary;
using Deq.Runtime.Imaging;

namespace Deq.Runtime.Tasks.Flow;

/// <summary>Middlebury's <c>.flo</c>: the bytes <c>PIEH</c>, width and height as 32-bit integers, then the numbers of <see cref="RawFlow"/>.</summary>
/// <remarks>Source: Baker et al., "A database and evaluation methodology for optical flow", IJCV 2011, and its <c>flowIO.cpp</c>.</remarks>
public static class MiddleburyFlow
{
    private const int Head = 12;

    /// <summary>Writes a field.</summary>
    /// <exception cref="ArgumentException">The field has more bytes than an array.</exception>
    public static byte[] Write(FlowField flow)
    {
        ArgumentNullException.ThrowIfNull(flow);
        byte[] bytes = new byte[Head + RawFlow.Size(flow)];
        "PIEH"u8.CopyTo(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), flow.Width);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), flow.Height);
        RawFlow.Write(flow, bytes.AsSpan(Head));
        return bytes;
    }

    /// <summary>Reads a field.</summary>
    /// <param name="bytes">The whole file.</param>
    /// <param name="limits">How large it may be.</param>
    /// <exception cref="ImageRejectedException">It is no such file, passes a limit, is cut off, or goes on after its end.</exception>
    public static FlowField Read(ReadOnlySpan<byte> bytes, ImageLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        if (!bytes.StartsWith("PIEH"u8))
        {
            throw new ImageRejectedException(ImageFault.UnknownFormat, "The flow is no .flo file: it does not begin with PIEH.");
        }

        if (bytes.Length < Head)
        {
            throw new ImageRejectedException(ImageFault.Undecodable, $"The .flo file ends within its head of {Head} bytes.");
        }

        int width = BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]);
        int height = BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]);
        RawFlow.Check(bytes.Length, width, height, limits);
        return RawFlow.Read(bytes[Head..], width, height, limits);
    }
}
