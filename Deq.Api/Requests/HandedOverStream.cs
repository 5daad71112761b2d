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

    private byte[] _come = [];
    private int _at;
    private int _length;
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
        if (_at == _length)
        {
            await FillAsync(cancellationToken);
        }

        int read = Math.Min(buffer.Length, _length - _at);
        _come.AsSpan(_at, read).CopyTo(buffer.Span);
        (_run, _at) = (_run + read, _at + read);
        if (_run >= RunBytes || !Thread.CurrentThread.IsThreadPoolThread)
        {
            _run = 0;
            await Task.Yield();
        }

        return read;
    }

    /// <summary>
    /// Takes all that has come: what is left of the last bytes of a body whose client leaves would not be taken by the web server either, which fails over it when it looks for the next request,
    /// with a stack trace in the log.
    /// </summary>
    private async Task FillAsync(CancellationToken cancellation)
    {
        bool isWhole = false;
        for ((_at, _length) = (0, 0); _length == 0 && !isWhole;)
        {
            ReadResult result = await body.ReadAsync(cancellation);
            isWhole = result.IsCompleted;
            try
            {
                using RateLimitLease turn = await share.TurnAsync(cancellation);
                int come = (int)result.Buffer.Length;
                _come = come > _come.Length ? GC.AllocateUninitializedArray<byte>(come) : _come;
                result.Buffer.CopyTo(_come);
                _length = come;
            }
            finally
            {
                body.AdvanceTo(result.Buffer.End);
            }
        }

        _read += _length;
        if (_read > most)
        {
            throw passed();
        }
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
