using System.Security.Cryptography;

namespace Deq.Api.Streams;

/// <summary>An encoded frame and what tells it from others.</summary>
internal sealed class FrameBytes(byte[] bytes)
{
    private string? _digest;

    public byte[] Bytes => bytes;

    /// <summary>SHA-256, hexadecimal. Computed when it is first read: some 5 ms for 8 MiB, so not on a thread that handles requests.</summary>
    public string Digest => _digest ??= Convert.ToHexStringLower(SHA256.HashData(bytes));
}
