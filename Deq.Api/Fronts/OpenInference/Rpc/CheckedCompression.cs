using System.IO.Compression;
using Deq.Api.Problems;
using Grpc.Core;
using Grpc.Net.Compression;

namespace Deq.Api.Fronts.OpenInference.Rpc;

/// <summary>A way to compress messages. Bytes that were not compressed so are their client's fault; the framework would take it for one of the server, and log its stack.</summary>
/// <remarks>The framework bounds what a message becomes too, but its status would not name the problem.</remarks>
/// <param name="of">Compresses and decompresses.</param>
/// <param name="mostBytes">How long a message may become.</param>
internal sealed class CheckedCompression(ICompressionProvider of, long mostBytes) : ICompressionProvider
{
    public string EncodingName => of.EncodingName;

    public Stream CreateCompressionStream(Stream stream, CompressionLevel? compressionLevel) => of.CreateCompressionStream(stream, compressionLevel);

    public Stream CreateDecompressionStream(Stream stream) => new Checked(of, stream, mostBytes);

    private sealed class Checked(ICompressionProvider of, Stream compressed, long mostBytes) : Stream
    {
        private readonly Stream _decompressed = of.CreateDecompressionStream(compressed);
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

        public override int Read(Span<byte> buffer)
        {
            int read = Decompressed(buffer);
            _read += read;
            if (_read > mostBytes)
            {
                throw RpcProblems.StatusOf(new ProblemException(ProblemKinds.BodyTooLarge, $"A message has at most {mostBytes} bytes, decompressed.").WithLimit(mostBytes));
            }

            return read == 0 && buffer.Length > 0 && compressed.Length > 0 && CompressedEnd.IsFollowed(compressed, of.CreateDecompressionStream)
                ? throw Malformed($"Something follows the {of.EncodingName} of a message.")
                : read;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                _decompressed.Dispose();
            }

            base.Dispose(disposing);
        }

        private int Decompressed(Span<byte> buffer)
        {
            try
            {
                return _decompressed.Read(buffer);
            }
            catch (Exception fault) when (fault is InvalidDataException or IOException)
            {
                throw Malformed($"A message is said to be compressed by {of.EncodingName}, and is not.");
            }
        }

        private static RpcException Malformed(string detail) => RpcProblems.StatusOf(new ProblemException(ProblemKinds.MalformedRequest, detail));
    }
}
