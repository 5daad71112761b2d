using System.Buffers;
using System.IO.Pipelines;
using System.Threading.RateLimiting;
using Deq.Api.Problems;

namespace Deq.Api.Requests;

/// <summary>Reads into memory that grows with what has really arrived, since the announced length may be false.</summary>
internal static class BoundedReading
{
    /// <summary>Reads all of a body; false when it ended early because the client left, which is no exception here: many may leave at once.</summary>
    /// <param name="body">Read to its end.</param>
    /// <param name="bytes">Receives what comes.</param>
    /// <param name="most">The most bytes, below 2³⁰ or so.</param>
    /// <param name="share">Accounts for the memory.</param>
    /// <param name="passed">Made when there are more bytes than <paramref name="most"/>.</param>
    /// <param name="deadline">Until when it must have come.</param>
    /// <exception cref="BadHttpRequestException">The web server let no more in.</exception>
    /// <exception cref="ProblemException">It is too large, comes too late or finds no memory.</exception>
    public static async Task<bool> ReadAsync(
        PipeReader body, ArrivedBytes bytes, int most, HeldBodies.Share share, Func<ProblemException> passed, BodyDeadline deadline)
    {
        await using CancellationTokenRegistration late = deadline.Token.UnsafeRegister(static reader => EndRead((PipeReader)reader!), body);
        bool isWhole = false;
        while (!isWhole)
        {
            if (await NextAsync(body) is not { } result)
            {
                return false;
            }

            try
            {
                using RateLimitLease turn = await share.TurnAsync(deadline.Token);
                Keep(bytes, result.Buffer, most, passed);
                isWhole = result.IsCompleted;
            }
            catch (OperationCanceledException)
            {
                return deadline.HasPassed ? throw deadline.Late() : false;
            }
            finally
            {
                // Of a refused body too: the rest of it could not be read otherwise.
                body.AdvanceTo(result.Buffer.End);
            }

            if (result.IsCanceled && !isWhole)
            {
                // What had come by the deadline is used; only what had not is late.
                return deadline.HasPassed ? throw deadline.Late() : false;
            }

            // Behind what others wait for: a body whose bytes are all there would otherwise keep a thread of the pool from its first piece to its last.
            await Task.Yield();
        }

        return true;
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

    private static void EndRead(PipeReader body)
    {
        try
        {
            body.CancelPendingRead();
        }
        catch (Exception end) when (IsEnd(end) || end is ObjectDisposedException)
        {
            // The end of the connection, which cancels too, has ended the read before.
        }
    }

    private static void Keep(ArrivedBytes bytes, in ReadOnlySequence<byte> come, int most, Func<ProblemException> passed)
    {
        if (bytes.Length + come.Length > most)
        {
            throw passed();
        }

        foreach (ReadOnlyMemory<byte> part in come)
        {
            bytes.Append(part.Span);
        }
    }

    private static bool IsEnd(Exception fault) =>
        fault is OperationCanceledException or (IOException and not BadHttpRequestException
        {
            StatusCode: StatusCodes.Status413PayloadTooLarge or StatusCodes.Status408RequestTimeout,
        });

    /// <summary>Reads all of a stream.</summary>
    /// <param name="stream">Read to its end.</param>
    /// <param name="bytes">Receives what comes.</param>
    /// <param name="most">The most bytes, below 2³⁰ or so.</param>
    /// <param name="passed">Made when there are more bytes than <paramref name="most"/>.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="ProblemException">It is too large, or finds no memory.</exception>
    public static async Task ReadAsync(Stream stream, ArrivedBytes bytes, int most, Func<ProblemException> passed, CancellationToken cancellation)
    {
        while (await stream.ReadAsync(bytes.Room(), cancellation) is int read and > 0)
        {
            if (bytes.Length + read > most)
            {
                throw passed();
            }

            bytes.Advance(read);
        }
    }
}
