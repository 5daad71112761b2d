namespace Deq.Runtime.Imaging;

/// <summary>Bytes that run out when the time does, which ends a decoder that reads on and on.</summary>
internal sealed class TimedBytes(ReadOnlyMemory<byte> bytes, TimeSpan limit, TimeProvider clock) : Stream
{
    private readonly long _start = clock.GetTimestamp();
    private int _position;

    /// <summary>Whether bytes were withheld because the time was spent.</summary>
    public bool IsSpent { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => bytes.Length;

    public override long Position
    {
        get => _position;
        set => _position = (int)Math.Clamp(value, 0, bytes.Length);
    }

    public override int Read(Span<byte> buffer)
    {
        IsSpent |= clock.GetElapsedTime(_start) > limit;
        int count = IsSpent ? 0 : Math.Min(buffer.Length, bytes.Length - _position);
        bytes.Span.Slice(_position, count).CopyTo(buffer);
        _position += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override long Seek(long offset, SeekOrigin origin) => Position = offset + origin switch
    {
        SeekOrigin.Current => _position,
        SeekOrigin.End => bytes.Length,
        _ => 0,
    };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
