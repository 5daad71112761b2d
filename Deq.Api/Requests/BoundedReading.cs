using System.Buffers;
using System.IO.Pipelines;
using Deq.Api.Problems;

namespace Deq.Api.Requests;

/// <summary>Reads into memory that grows with what has really arrived, since the announced length may be false.</summary>
internal static class BoundedReading
{
    private const int FirstBytes = 16 << 10;

    /// <summary>A length announced is believed up to here, so that a body of common size is read into its place at once.</summary>
    private const int MostBelieved = 256 << 10;

    /// <summary>Everything of a body; null when it ended early because the client left, which is no exception here: many may leave at once.</summary>
    /// <param name="body">Read to its end.</param>
    /// <param name="announced">The length that the client announced, bytes; null when none.</param>
    /// <param name="most">The most bytes, below 2³⁰ or so.</param>
    /// <param name="share">Accounts for the memory.</param>
    /// <param name="passed">Made when there are more bytes than <paramref name="most"/>.</param>
    /// <param name="deadline">Until when it must have come.</param>
    /// <exception cref="BadHttpRequestException">The web server let no more in.</exception>
    /// <exception cref="ProblemException">It is too large, comes too late or finds no memory.</exception>
    public static async Task<byte[]?> ReadAsync(
        PipeReader body, long? announced, int most, HeldBodies.Share share, Func<ProblemException> passed, BodyDeadline deadline)
    {
        await using CancellationTokenRegistration late = deadline.Token.UnsafeRegister(reader => ((PipeReader)reader!).CancelPendingRead(), body);
        byte[] bytes = [];
        int length = 0;
        bool isWhole = false;
        while (!isWhole)
        {
            if (await NextAsync(body) is not { } result)
            {
                return null;
            }

            try
            {
                bytes = With(bytes, length, result.Buffer, announced, most, share, passed);
                length += (int)result.Buffer.Length;
                isWhole = result.IsCompleted;
            }
            finally
            {
                // Of a refused body too: the rest of it could not be read otherwise.
                body.AdvanceTo(result.Buffer.End);
            }

            if (result.IsCanceled && !isWhole)
            {
                // What had come by the deadline is used; only what had not is late.
                return deadline.HasPassed ? throw deadline.Late() : null;
            }
        }

        Array.Resize(ref bytes, length);
        return bytes;
    }

    /// <summary>What has come since; null where the connection ended.</summary>
    private static async ValueTask<ReadResult?> NextAsync(PipeReader body)
    {
        try
        {
            // Without a token: a connection's end ends this too, and as few frames as possible see the exception.
            return await body.ReadAsync(CancellationToken.None);
        }
        catch (Exception end) when (IsEnd(end))
        {
            return null;
        }
    }

    /// <summary>The bytes with what has come since.</summary>
    private static byte[] With(
        byte[] bytes, int length, in ReadOnlySequence<byte> come, long? announced, int most, HeldBodies.Share share, Func<ProblemException> passed)
    {
        long arrived = length + come.Length;
        if (arrived > most)
        {
            throw passed();
        }

        share.Quota?.Received(come.Length);
        byte[] all = arrived > bytes.Length ? Grown(bytes, length, arrived, announced, most, share) : bytes;
        come.CopyTo(all.AsSpan(length));
        return all;
    }

    private static byte[] Grown(byte[] bytes, int length, long arrived, long? announced, int most, HeldBodies.Share share)
    {
        long least = bytes.Length > 0 ? 2L * bytes.Length : announced is > 0 and <= MostBelieved ? announced.Value : FirstBytes;
        int size = (int)Math.Max(arrived, Math.Min(least, most));
        share.Add(size - bytes.Length);

        // All of it that is kept is written over.
        byte[] grown = GC.AllocateUninitializedArray<byte>(size);
        bytes.AsSpan(0, length).CopyTo(grown);
        return grown;
    }

    private static bool IsEnd(Exception fault) =>
        fault is OperationCanceledException or (IOException and not BadHttpRequestException
        {
            StatusCode: StatusCodes.Status413PayloadTooLarge or StatusCodes.Status408RequestTimeout,
        });

    /// <summary>Everything of a stream.</summary>
    /// <param name="stream">Read to its end.</param>
    /// <param name="announced">The length that the client announced, bytes; null when none.</param>
    /// <param name="most">The most bytes, below 2³⁰ or so.</param>
    /// <param name="share">Accounts for the memory.</param>
    /// <param name="passed">Made when there are more bytes than <paramref name="most"/>.</param>
    /// <param name="deadline">Until when it must have come.</param>
    /// <exception cref="ProblemException">It is too large, comes too late or finds no memory.</exception>
    public static async Task<byte[]> ReadAsync(
        Stream stream, long? announced, int most, HeldBodies.Share share, Func<ProblemException> passed, BodyDeadline deadline)
    {
        try
        {
            return await ReadAsync(stream, announced, most, share, passed, deadline.Token);
        }
        catch (OperationCanceledException) when (deadline.HasPassed)
        {
            throw deadline.Late();
        }
    }

    /// <summary>Everything of a stream.</summary>
    /// <param name="stream">Read to its end.</param>
    /// <param name="announced">The length that was announced, bytes; null when none.</param>
    /// <param name="most">The most bytes, below 2³⁰ or so.</param>
    /// <param name="share">Accounts for the memory.</param>
    /// <param name="passed">Made when there are more bytes than <paramref name="most"/>.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="ProblemException">It is too large, or finds no memory.</exception>
    public static async Task<byte[]> ReadAsync(
        Stream stream, long? announced, int most, HeldBodies.Share share, Func<ProblemException> passed, CancellationToken cancellation)
    {
        byte[] buffer = [];
        int length = 0;
        Grow(announced is > 0 and <= MostBelieved ? (int)announced : FirstBytes);
        byte[]? next = null;
        while (await stream.ReadAsync(length < buffer.Length ? buffer.AsMemory(length) : next = new byte[1], cancellation) is int read and > 0)
        {
            share.Quota?.Received(read);
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
