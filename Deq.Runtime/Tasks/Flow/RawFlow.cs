using System.Buffers.Binary;
using Deq.Runtime.Imaging;

namespace Deq.Runtime.Tasks.Flow;

/// <summary>Flow as bare numbers: <c>[height, width, 2]</c>, u then v, 32-bit floats, little-endian. The size travels beside it.</summary>
/// <remarks>Unknown is 1e10 in both components, as in Middlebury's files: anything beyond 1e9 either way, or not a number, reads as unknown.</remarks>
public static class RawFlow
{
    private const int PixelBytes = 2 * sizeof(float);
    private const float Unknown = 1e10f;
    private const float UnknownBeyond = 1e9f;

    /// <summary>How many bytes a field has.</summary>
    /// <param name="width">Pixels.</param>
    /// <param name="height">Pixels.</param>
    public static long Length(long width, long height) => width * height * PixelBytes;

    /// <summary>Writes a field.</summary>
    /// <returns><c>8·width·height</c> bytes.</returns>
    /// <exception cref="ArgumentException">The field has more bytes than an array.</exception>
    public static byte[] Write(FlowField flow)
    {
        ArgumentNullException.ThrowIfNull(flow);
        byte[] bytes = new byte[Size(flow)];
        Write(flow, bytes);
        return bytes;
    }

    /// <summary>Reads a field of a known size.</summary>
    /// <param name="bytes">All of it, and nothing else.</param>
    /// <param name="width">Pixels, at least 1.</param>
    /// <param name="height">Pixels, at least 1.</param>
    /// <param name="limits">How large it may be.</param>
    /// <exception cref="ImageRejectedException">It is too large, or its length is not that of the size.</exception>
    public static FlowField Read(ReadOnlySpan<byte> bytes, int width, int height, ImageLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        Check(bytes.Length, width, height, limits);
        if (bytes.Length != Length(width, height))
        {
            throw new ImageRejectedException(
                ImageFault.Undecodable, $"The flow has {bytes.Length} bytes; {width} x {height} pixels need {Length(width, height)}.");
        }

        (float[] u, float[] v, bool[] known) = (new float[width * height], new float[width * height], new bool[width * height]);
        for (int pixel = 0; pixel < u.Length; pixel++)
        {
            u[pixel] = BinaryPrimitives.ReadSingleLittleEndian(bytes[(pixel * PixelBytes)..]);
            v[pixel] = BinaryPrimitives.ReadSingleLittleEndian(bytes[((pixel * PixelBytes) + sizeof(float))..]);
            known[pixel] = Math.Abs(u[pixel]) <= UnknownBeyond && Math.Abs(v[pixel]) <= UnknownBeyond;
        }

        return new FlowField(width, height, u, v, known);
    }

    /// <summary>Holds bytes and size against limits.</summary>
    internal static void Check(long bytes, long width, long height, ImageLimits limits)
    {
        if (width < 1 || height < 1)
        {
            throw new ImageRejectedException(ImageFault.Undecodable, $"The flow claims {width} x {height} pixels; it needs at least one.");
        }

        string? passed = bytes > limits.MaxBytes
            ? $"The flow has {bytes} bytes; the most is {limits.MaxBytes}."
            : limits.PassedBy("The flow", width, height);
        if (passed is not null)
        {
            throw new ImageRejectedException(ImageFault.TooLarge, passed);
        }
    }

    internal static int Size(FlowField flow) => Length(flow.Width, flow.Height) <= Array.MaxLength - 64
        ? (int)Length(flow.Width, flow.Height)
        : throw new ArgumentException($"A field of {flow.Width} x {flow.Height} pixels has more bytes than an array.", nameof(flow));

    internal static void Write(FlowField flow, Span<byte> bytes)
    {
        for (int pixel = 0; pixel < flow.U.Length; pixel++)
        {
            bool known = flow.Known[pixel];
            BinaryPrimitives.WriteSingleLittleEndian(bytes[(pixel * PixelBytes)..], known ? flow.U[pixel] : Unknown);
            BinaryPrimitives.WriteSingleLittleEndian(bytes[((pixel * PixelBytes) + sizeof(float))..], known ? flow.V[pixel] : Unknown);
        }
    }
}
