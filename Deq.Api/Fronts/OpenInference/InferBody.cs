using System.IO.Compression;
using Deq.Api.Problems;
using Deq.Api.Requests;
using Microsoft.Net.Http.Headers;

namespace Deq.Api.Fronts.OpenInference;

/// <summary>Reads and decompresses bodies within the server's limits.</summary>
internal sealed class InferBody(PayloadReader reader, RequestLimits limits)
{
    public const string Gzip = "gzip";

    /// <summary>What HTTP calls deflate is the format of zlib (RFC 9110, 8.4.1.2).</summary>
    public const string Deflate = "deflate";

    private const int Block = 64 << 10;

    /// <summary>The body as it came; null where it ended early.</summary>
    /// <exception cref="ProblemException">It is missing, too large, too slow, or in another encoding.</exception>
    public async Task<byte[]?> ReadAsync(HttpRequest request, HeldBodies.Share share)
    {
        string encoding = EncodingOf(request);
        if (encoding.Length > 0 && encoding is not (Gzip or Deflate))
        {
            request.HttpContext.Response.Headers[HeaderNames.AcceptEncoding] = $"{Gzip}, {Deflate}";
            throw new ProblemException(ProblemKinds.UnsupportedMediaType, $"Content-Encoding is '{encoding.Shorten()}'; accepted are {Gzip} and {Deflate}.")
                .With("supported", new[] { Gzip, Deflate });
        }

        return await reader.ReadAsync(
            request, share, [], () => new ProblemException(ProblemKinds.MissingBody, "the request has no body."), (body, _, _) => body.ReadAsync());
    }

    /// <summary>A body without its encoding.</summary>
    /// <exception cref="ProblemException">It cannot be decompressed, or becomes too large.</exception>
    public byte[] Decompress(byte[] body, string encoding, HeldBodies.Share share)
    {
        if (encoding is not (Gzip or Deflate))
        {
            return body;
        }

        using var compressed = new MemoryStream(body);
        using Stream inflating = Inflating(compressed, encoding);
        using var plain = new ArrivedBytes(announced: null, share, isReceived: false);
        byte[] block = new byte[Block];
        try
        {
            while (inflating.Read(block) is > 0 and int read)
            {
                if (plain.Length + read > limits.BodyBytes)
                {
                    throw new ProblemException(ProblemKinds.BodyTooLarge, $"A body has at most {limits.BodyBytes} bytes, decompressed.").WithLimit(limits.BodyBytes);
                }

                plain.Append(block.AsSpan(0, read));
            }
        }
        catch (Exception fault) when (fault is InvalidDataException or IOException)
        {
            // The bytes are in memory: what zlib itself refuses, such as a preset dictionary, is thrown as an IOException of a type that is not public.
            throw new ProblemException(ProblemKinds.MalformedRequest, $"the body is no {encoding}, or is cut short.");
        }

        return CompressedEnd.IsFollowed(compressed, stream => Inflating(stream, encoding))
            ? throw new ProblemException(ProblemKinds.MalformedRequest, $"something follows the {encoding} of the body.")
            : plain.ToArray();
    }

    public static string EncodingOf(HttpRequest request)
    {
        string encoding = request.Headers.ContentEncoding.ToString().Trim().ToLowerInvariant();
        return encoding is "identity" ? "" : encoding;
    }

    private static Stream Inflating(Stream compressed, string encoding) =>
        encoding == Gzip ? new GZipStream(compressed, CompressionMode.Decompress) : new ZLibStream(compressed, CompressionMode.Decompress);
}
