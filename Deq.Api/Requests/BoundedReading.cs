using System.Buffers;
using System.IO.Pipelines;
using Deq.Api.Problems;

namespace Deq.Api.Requests;

/// <summary>Reads into memory that grows with what has really arrived, since nobody vouches for the length that was announced.</summary>
internal static class BoundedReading
{
    private const int FirstBytes = 16 << 10;

    /// <summary>A length announced is believed up to here, so that a body of common size is read into its place at once.</summary>
    private const int MostBelieved = 256 << 10;

    /// <summary>Everything of a body; null when it ended early because the client left, which is no exception here: many may leave at once.</summary>
    /// <param name="body">Read to its end.</param>
    /// <param name="announced">The length that the caller announced, bytes; null when none.</param>
    /// <param name="most">The most bytes, below 2³⁰ or so.</param>
    /// <param name="share">Accounts for the memory.</param>
    /// <param name="passed">Made when there are more bytes than <paramref name="most"/>.</param>
    /// <exception cref="BadHttpRequestException">The web server let no more in.</exception>
    public static async Task<byte[]?> ReadAsync(PipeReader body, long? announced, int most, HeldBodies.Share share, Func<ProblemException> passed)
    {
        byte[] bytes = [];
        int length = 0;
        bool isWhole = false;
        while (!isWhole)
        {
            ReadResult result;
            try
            {
                // Without a token: a connection's end ends this too, and as few frames as possible see the exception.
                result = await body.ReadAsync(CancellationToken.None);
            }
            catch (Exception end) when (IsEnd(end))
            {
                return null;
            }

            long arrived = length + result.Buffer.Length;
            if (arrived > most)
            {
                throw passed();
            }

            if (arrived > bytes.Length)
            {
                long least = bytes.Length > 0 ? 2L * bytes.Length : announced is > 0 and <= MostBelieved ? announced.Value : FirstBytes;
                int size = (int)Math.Max(arrived, Math.Min(least, most));
                share.Add(size - bytes.Length);

                // All of it that is kept is written over.
                byte[] grown = GC.AllocateUninitializedArray<byte>(size);
                bytes.AsSpan(0, length).CopyTo(grown);
                bytes = grown;
            }

            result.Buffer.CopyTo(bytes.AsSpan(length));
            length = (int)arrived;
            isWhole = result.IsCompleted;
            body.AdvanceTo(result.Buffer.End);
        }

        Array.Resize(ref bytes, length);
        return bytes;
    }

    private static bool IsEnd(Exception fault) =>
        fault is OperationCanceledException or (IOException and not BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge });

    /// <summary>Everything of a stream.</summary>
    /// <param name="stream">Read to its end.</param>
    /// <param name="announced">The length that the caller announced, bytes; null when none.</param>
    /// <param name="most">The most bytes, below 2³⁰ or so.</param>
    /// <param name="share">Accounts for the memory.</param>
    /// <param name="passed">Made when there are more bytes than <paramref name="most"/>.</param>
    /// <param name="cancellation">When the caller goes away.</param>
    public static async Task<byte[]> ReadAsync(
        Stream stream, long? announced, int most, HeldBodies.Share share, Func<ProblemException> passed, CancellationToken cancellation)
    {
        byte[] buffer = [];
        int length = 0;
        Grow(announced is > 0 and <= MostBelieved ? (int)announced : FirstBytes);
        byte[]? next = null;
        while (await stream.ReadAsync(length < buffer.Length ? buffer.AsMemory(length) : next = new byte[1], cancellation) is int read and > 0)
        {
            if (length + read > most)
            {
                throw passed();
            }

            if (length == buffer.Length)
            {
                // The buffer was full, and this byte shows that it was not all.
                Grow((int)Math.Min(Math.Max(FirstBytes, 2L * length), most));
                buffer[length] = next![0];
            }

            length += read;
        }

        Array.Resize(ref buffer, length);
        return buffer;

        void Grow(int size)
        {
            share.Add(size - buffer.Length);
            Array.Resize(ref buffer, size);
        }
    }
}
