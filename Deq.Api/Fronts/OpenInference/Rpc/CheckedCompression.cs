using System.IO.Compression;
using Deq.Api.Problems;
using Grpc.Net.Compression;

namespace Deq.Api.Fronts.OpenInference.Rpc;

/// <summary>A way to compress messages. Bytes that were not compressed so are their client's fault; the framework would take it for one of the server, and log its stack.</summary>
/// <param name="of">Compresses and decompresses.</param>
internal sealed class CheckedCompression(ICompressionProvider of) : ICompressionProvider
{
    public string EncodingName => of.EncodingName;

    public Stream CreateCompressionStream(Stream stream, CompressionLevel? compressionLevel) => of.CreateCompressionStream(stream, compressionLevel);

    public Stream CreateDecompressionStream(Stream stream) => new Checked(of.CreateDecompressionStream(stream), EncodingName);

    private sealed class Checked(Stream decompressed, string encoding) : Stream
    {
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
            try
            {
                return decompressed.Read(buffer);
            }
            catch (Exception fault) when (fault is InvalidDataException or IOException)
            {
                throw RpcProblems.StatusOf(new ProblemException(ProblemKinds.MalformedRequest, $"A message is said to be compressed by {encoding}, and is not."));
            }
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
                decompressed.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
