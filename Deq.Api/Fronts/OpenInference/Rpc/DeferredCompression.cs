using System.IO.Compression;
using Grpc.Net.Compression;

namespace Deq.Api.Fronts.OpenInference.Rpc;

/// <summary>A way to compress messages. What comes is left compressed for <see cref="MessageParsing"/>: the framework would decompress it on the thread that received it, uncounted.</summary>
/// <param name="of">Compresses.</param>
internal sealed class DeferredCompression(ICompressionProvider of) : ICompressionProvider
{
    public string EncodingName => of.EncodingName;

    public Stream CreateCompressionStream(Stream stream, CompressionLevel? compressionLevel) => of.CreateCompressionStream(stream, compressionLevel);

    public Stream CreateDecompressionStream(Stream stream) => stream;
}
