using Deq.Api.Errors;

namespace Deq.Api.Classification;

/// <summary>Reads a stream whose length nobody vouches for into memory that grows with what has really arrived.</summary>
internal static class BoundedReading
{
    private const int FirstBytes = 16 << 10;

    /// <param name="stream">Read to its end.</param>
    /// <param name="most">The most bytes, below 2³⁰ or so.</param>
    /// <param name="share">Accounts for the memory.</param>
    /// <param name="passed">Made when there are more bytes than <paramref name="most"/>.</param>
    /// <param name="cancellation">When the caller goes away.</param>
    public static async Task<byte[]> ReadAsync(
        Stream stream, int most, HeldBodies.Share share, Func<ProblemException> passed, CancellationToken cancellation)
    {
        byte[] buffer = [];
        int length = 0;
        Grow();
        while (await stream.ReadAsync(buffer.AsMemory(length), cancellation) is int read and > 0)
        {
            length += read;
            if (length > most)
            {
                throw passed();
            }

            if (length == buffer.Length)
            {
                Grow();
            }
        }

        Array.Resize(ref buffer, length);
        return buffer;

        void Grow()
        {
            // One byte more than the most, so that one byte too many is seen.
            int size = (int)Math.Min(Math.Max(FirstBytes, 2L * length), most + 1L);
            share.Add(size - length);
            Array.Resize(ref buffer, size);
        }
    }
}
