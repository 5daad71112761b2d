namespace Deq.Api.Fronts.OpenInference;

/// <summary>Whether a compressed body ends with its bytes.</summary>
/// <remarks>The framework's streams leave bytes behind the end unread and do not say so. There are some if and only if the body is whole without its last byte too.</remarks>
internal static class CompressedEnd
{
    private const int Block = 64 << 10;

    /// <summary>Whether something follows a body that can be decompressed.</summary>
    /// <param name="compressed">The body, at least a byte; it is read again, to its end.</param>
    /// <param name="decompress">Decompresses a stream.</param>
    public static bool IsFollowed(Stream compressed, Func<Stream, Stream> decompress)
    {
        compressed.Position = 0;
        try
        {
            using Stream withoutLast = decompress(new FirstBytes(compressed, compressed.Length - 1));
            withoutLast.CopyTo(Stream.Null, Block);
            return true;
        }
        catch (Exception fault) when (fault is InvalidDataException or IOException)
        {
            return false;
        }
        finally
        {
            compressed.Position = compressed.Length;
        }
    }

    /// <summary>The first bytes of a stream, which it leaves open.</summary>
    private sealed class FirstBytes(Stream of, long length) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => length;

        public override long Position
        {
            get => of.Position;
            set => throw new NotSupportedException();
        }

        public override int Read(Span<byte> buffer) => of.Read(buffer[..(int)Math.Min(buffer.Length, length - of.Position)]);

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }
    }
}
