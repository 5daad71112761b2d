using System.Buffers;
using System.IO.Pipelines;
using System.Threading.RateLimiting;
using Deq.Api.Problems;

namespace Deq.Api.Requests;

/// <summary>A body whose reader continues on the thread pool instead of the thread that received the bytes, so that it may search them.</summary>
/// <param name="body">The body.</param>
/// <param name="share">Whose turn it is to be copied.</param>
/// <param name="most">The most bytes.</param>
/// <param name="passed">Made when there are more.</param>
internal sealed class HandedOverStream(PipeReader body, HeldBodies.Share share, long most, Func<ProblemException> passed) : Stream
{
    /// <summary>Bytes after which what others wait for on the thread pool comes first.</summary>
    private const int RunBytes = 64 << 10;

    private int _run;
    private long _read;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ReadResult result = await body.ReadAsync(cancellationToken);
        int read = (int)Math.Min(buffer.Length, result.Buffer.Length);
        ReadOnlySequence<byte> come = result.Buffer.Slice(0, read);
        try
        {
            using RateLimitLease turn = await share.TurnAsync(cancellationToken);
            come.CopyTo(buffer.Span);
        }
        finally
        {
            body.AdvanceTo(come.End);
        }

        (_run, _read) = (_run + read, _read + read);
        if (_read > most)
        {
            throw passed();
        }

        if (_run >= RunBytes || !Thread.CurrentThread.IsThreadPoolThread)
        {
            _run = 0;
            await Task.Yield();
        }

        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }
}
